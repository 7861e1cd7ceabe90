package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	if os.Getenv("KERASGO_TEST_AS_COMMAND") != "" {
		main()
	}
	testscript.Main(m, map[string]func(){
		"kerasgo": main,
	})
}

// Every script in testdata runs the command in an empty folder; $FIXTURES holds
// the models.
func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs("../../fixtures")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  "testdata",
		Cmds: commands,
		Condition: func(cond string) (bool, error) {
			if cond == "keras" {
				return kerasPython() != "" && !testing.Short(), nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			e.Setenv("PYTHON", kerasPython())
			e.Setenv("COLUMNS", "84")
			e.Setenv("NO_COLOR", "1")
			return nil
		},
	})
}

// kerasPython is a Python with Keras, or empty.
func kerasPython() string { return os.Getenv("KERASGO_TEST_PYTHON") }

// commands are what the scripts use beside testscript's own.
var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// exec_code N CMD… runs a command that must end with exit code N.
	"exec_code": func(ts *testscript.TestScript, neg bool, args []string) {
		err := ts.Exec(args[1], args[2:]...)
		code := "0"
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			code = strconv.Itoa(exit.ExitCode())
		} else if err != nil {
			ts.Fatalf("%v", err)
		}
		if code != args[0] {
			ts.Fatalf("exit code %s, want %s", code, args[0])
		}
	},
	// truncate FROM TO N copies the first N bytes.
	"truncate": func(ts *testscript.TestScript, neg bool, args []string) {
		b, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), b[:n], 0o600))
	},
}
