//go:build ignore

// Command init is the first process of the emulated machine: it runs the test and turns the machine off.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	for _, fs := range []struct{ kind, at string }{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}} {
		err := os.MkdirAll(fs.at, 0o755)
		if err == nil {
			err = syscall.Mount(fs.kind, fs.at, fs.kind, 0, "")
		}
		if err != nil {
			fmt.Println("mount", fs.at, err)
		}
	}
	fmt.Println("exit:", run())
	time.Sleep(5 * time.Second) // until the serial line has taken it all
	if err := syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF); err != nil {
		fmt.Println(err)
	}
	select {}
}

// run runs /test with the arguments in /args, one a line, in the directory that is the first of them.
func run() error {
	b, err := os.ReadFile("/args")
	if err != nil {
		return err
	}
	args := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
	c := exec.Command("/test", args[1:]...)
	c.Dir = args[0]
	c.Env = []string{"HOME=/tmp", "TMPDIR=/tmp", "KERASGO_CPU=avx512"}
	c.Stdout, c.Stderr = os.Stdout, os.Stdout
	return c.Run()
}
