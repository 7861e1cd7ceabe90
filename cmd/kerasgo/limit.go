package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/convert"
	"github.com/kerasgo/kerasgo/importer"
	"github.com/kerasgo/kerasgo/internal/npz"
	"github.com/kerasgo/kerasgo/runtime"
)

// limits are those that --limit sets.
type limits struct {
	importer  importer.Limits
	maxHeader int64
	npz       npz.Limits
	maxMemory int64
}

func (l *limits) add(cmd *cobra.Command) {
	cmd.Flags().Var(limitValue{l}, "limit", "set a limit that an error names, such as UnpackedBytes=1G; repeatable")
}

func (l *limits) native() []convert.Option {
	if l.maxHeader == 0 {
		return nil
	}
	return []convert.Option{convert.WithMaxHeader(l.maxHeader)}
}

func (l *limits) runtime() []runtime.Option {
	if l.maxMemory == 0 {
		return nil
	}
	return []runtime.Option{runtime.WithMaxMemory(l.maxMemory)}
}

// limitValue is a repeatable flag of NAME=N, where N may end in K, M or G.
type limitValue struct{ to *limits }

func (v limitValue) String() string { return "" }
func (v limitValue) Type() string   { return "NAME=N" }

func (v limitValue) Set(s string) error {
	name, number, ok := strings.Cut(s, "=")
	unit := int64(1)
	for suffix, u := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if rest, found := strings.CutSuffix(strings.ToUpper(number), suffix); found {
			number, unit = rest, u
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n <= 0 || n > 1<<62/unit {
		return fmt.Errorf("want NAME=N with a positive number, such as UnpackedBytes=1G")
	}
	switch strings.ToLower(name) {
	case "maxheader": // of a .kgo
		v.to.maxHeader = n * unit
		return nil
	case "maxmemory": // of a run
		v.to.maxMemory = n * unit
		return nil
	case "npzbytes": // of all arrays of an .npz
		v.to.npz.UnpackedBytes, v.to.npz.ArrayBytes, v.to.npz.Ratio = n*unit, n*unit, 1<<20
		return nil
	}
	err = v.to.importer.Set(name, n*unit)
	if err != nil && strings.HasPrefix(err.Error(), "there is no limit") { // and these are the others
		err = fmt.Errorf("%w, MaxHeader, MaxMemory, NPZBytes", err)
	}
	return err
}
