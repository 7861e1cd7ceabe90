//go:build ignore

// Command sbom writes an SPDX 2.3 document of what a Go binary was built from,
// as the binary itself says.
//
//	SOURCE_DATE_EPOCH=1700000000 go run scripts/release/sbom.go -version 1.0.0 kerasgo
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

type pkg struct {
	Name             string     `json:"name"`
	ID               string     `json:"SPDXID"`
	Version          string     `json:"versionInfo"`
	DownloadLocation string     `json:"downloadLocation"`
	FilesAnalyzed    bool       `json:"filesAnalyzed"`
	Checksums        []checksum `json:"checksums,omitempty"`
	ExternalRefs     []ref      `json:"externalRefs,omitempty"`
	Comment          string     `json:"comment,omitempty"`
}

type checksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type ref struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type relation struct {
	From string `json:"spdxElementId"`
	Type string `json:"relationshipType"`
	To   string `json:"relatedSpdxElement"`
}

func main() {
	version := flag.String("version", "", "of the binary; by default what it says itself")
	flag.Parse()
	if err := write(flag.Arg(0), *version); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(path, version string) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("SOURCE_DATE_EPOCH: %w", err)
	}
	if version == "" {
		version = info.Main.Version
	}
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	main := module(&info.Main, version)
	main.Checksums = []checksum{{"SHA256", digest}}
	for _, s := range info.Settings {
		main.Comment += s.Key + "=" + s.Value + " "
	}
	packages := []pkg{main, {
		Name: "go", ID: "SPDXRef-go", Version: strings.TrimPrefix(info.GoVersion, "go"), DownloadLocation: "NOASSERTION",
		ExternalRefs: []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/stdlib@" + strings.TrimPrefix(info.GoVersion, "go")}},
	}}
	relations := []relation{{"SPDXRef-DOCUMENT", "DESCRIBES", main.ID}, {main.ID, "DEPENDS_ON", "SPDXRef-go"}}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		p := module(m, m.Version)
		if h, ok := strings.CutPrefix(m.Sum, "h1:"); ok {
			if b, err := base64.StdEncoding.DecodeString(h); err == nil {
				p.Comment = "go.sum h1, a SHA-256 of the module's files: " + hex.EncodeToString(b)
			}
		}
		packages = append(packages, p)
		relations = append(relations, relation{main.ID, "DEPENDS_ON", p.ID})
	}
	name := filepath.Base(path)
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{
		"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name + "-" + version,
		"documentNamespace": "https://" + info.Main.Path + "/sbom/" + digest,
		"creationInfo":      map[string]any{"created": time.Unix(epoch, 0).UTC().Format(time.RFC3339), "creators": []string{"Tool: scripts/release/sbom.go"}},
		"packages":          packages, "relationships": relations,
	})
}

func module(m *debug.Module, version string) pkg {
	id := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return '-'
	}, m.Path)
	return pkg{
		Name: m.Path, ID: "SPDXRef-" + id, Version: version, DownloadLocation: "https://" + m.Path,
		ExternalRefs: []ref{{"PACKAGE-MANAGER", "purl", "pkg:golang/" + m.Path + "@" + version}},
	}
}
