package main

import (
	"bytes"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/fixtures"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/internal/parity"
	"github.com/kerasgo/kerasgo/internal/summary"
)

func (a *app) demoCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "Import, convert and run an embedded model, and compare with Keras",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			model, err := fixtures.Demo.ReadFile(fixtures.DemoModel)
			if err != nil {
				return err
			}
			golden, err := fixtures.Demo.ReadFile(fixtures.DemoGolden)
			if err != nil {
				return err
			}
			m, err := importer.LoadBytes(model)
			if err != nil {
				return err
			}
			a.say("imported %s, %d bytes, written by Keras %s", filepath.Base(fixtures.DemoModel), len(model), m.Source.KerasVersion)
			if !a.json {
				if err := summary.Write(a.text(), m, summary.Options{Columns: a.columns()}); err != nil {
					return err
				}
			}
			var kgo bytes.Buffer
			if err := convert.Write(&kgo, m); err != nil {
				return err
			}
			a.say("converted to .kgo, %d bytes", kgo.Len())
			m, err = convert.ReadBytes(kgo.Bytes())
			if err != nil {
				return err
			}
			z, err := npz.ReadBytes(golden, npz.Limits{})
			if err != nil {
				return err
			}
			cases, err := parity.Cases(z, m)
			if err != nil {
				return err
			}
			verdicts, err := a.check(cmd.Context(), m, cases, parity.Options{}, false)
			if err != nil {
				return err
			}
			a.say("ran the .kgo on %d inputs whose outputs Keras computed:", len(cases))
			r := &verification{Model: filepath.Base(fixtures.DemoModel), Against: "Keras", Outputs: verdicts}
			if err := a.printVerification(r); err != nil {
				return err
			}
			a.say("every output agrees with Keras")
			a.next("inspect model.h5   # your own .h5, .keras or JSON + weights")
			return nil
		},
	}
}
