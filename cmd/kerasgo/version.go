package main

import (
	"fmt"
	goruntime "runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kerasgo/kerasgo/internal/cpu"
)

// release is the version that scripts/release/release.sh links in.
var release string

// version is the release, or the module's version as the Go tool recorded it.
func version() string {
	if release != "" {
		return release
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the Go version and the CPU level",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.printJSON(map[string]string{"version": version(), "go": goruntime.Version(), "os": goruntime.GOOS, "arch": goruntime.GOARCH, "cpu": cpu.Active().String()})
			}
			_, err := fmt.Fprintf(a.out, "kerasgo %s %s %s/%s %v\n", version(), goruntime.Version(), goruntime.GOOS, goruntime.GOARCH, cpu.Active())
			return err
		},
	}
}
