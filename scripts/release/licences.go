//go:build ignore

// Command licences lists the licence of every module that the packages given
// as arguments are built from, tests included with -test. It fails when one is
// missing or none of those that are allowed.
//
//	go run scripts/release/licences.go [-test] [-texts] ./...
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

type module struct {
	Path, Version, Dir string
	Main               bool
}

// kinds tell a licence by words that only it has, the most special first.
var kinds = []struct{ name, words string }{
	{"Apache-2.0", "Apache License"},
	{"MPL-2.0", "Mozilla Public License"},
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"BSD-3-Clause", "Neither the name"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce"},
	{"ISC", "Permission to use, copy, modify, and/or distribute"},
	{"MIT", "Permission is hereby granted, free of charge"},
}

var allowed = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}

func main() {
	test := flag.Bool("test", false, "the modules of tests too")
	texts := flag.Bool("texts", false, "the texts of the licences after the list")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	modules, err := modulesOf(packages, *test)
	if err != nil {
		fatal(err)
	}
	bad := false
	var all []string
	for _, m := range modules {
		file, text := licence(m.Dir)
		kind := "none found"
		flat := strings.Join(strings.Fields(text), " ")
		for _, k := range kinds {
			if strings.Contains(flat, k.words) {
				kind = k.name
				break
			}
		}
		if !slices.Contains(allowed, kind) {
			bad = true
			kind += " (not allowed)"
		}
		fmt.Printf("%-45s %-40s %s\n", m.Path, m.Version, kind)
		all = append(all, fmt.Sprintf("%s\n%s %s, %s\n\n%s", strings.Repeat("-", 79), m.Path, m.Version, file, text))
	}
	if *texts {
		fmt.Println("\n" + strings.Join(all, "\n"))
	}
	if bad {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "licences:", err)
	os.Exit(1)
}

func modulesOf(packages []string, test bool) ([]module, error) {
	args := []string{"list", "-deps", "-json=Module"}
	if test {
		args = append(args, "-test")
	}
	cmd := exec.Command("go", append(args, packages...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var modules []module
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		if m := p.Module; m != nil && !m.Main && !slices.Contains(modules, *m) {
			modules = append(modules, *m)
		}
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

func licence(dir string) (file, text string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		fatal(err)
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING") {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				fatal(err)
			}
			return e.Name(), string(b)
		}
	}
	return "", ""
}
