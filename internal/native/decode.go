package native

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unsafe"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/internal/strictjson"
	"github.com/kerasgo/kerasgo/ir"
)

// File is a decoded .kgo.
type File struct {
	Model   *ir.Model
	Cases   []ir.Case
	Version string
	Weights ir.DType // what float32 kernels are stored as
	Digest  string   // SHA-256 of the data as the header has it, in hex

	tensors *safetensors.File
}

// VerifyDigest reads all data and compares their digest with the header's.
func (f *File) VerifyDigest() error {
	h := sha256.New()
	if _, err := io.Copy(h, f.tensors.Reader()); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.Digest {
		return &ir.Error{Kind: ir.ErrChecksum, Field: keyDigest, Text: fmt.Sprintf("corrupt: the header has %s, the data %s", f.Digest, got)}
	}
	return nil
}

// Decode builds the model of a safetensors file, opened with the same maxHeader.
// Everything is checked but the digest.
func Decode(sf *safetensors.File, maxHeader int64) (*File, error) {
	f := &File{Version: sf.Metadata[keyVersion], Digest: sf.Metadata[keyDigest], tensors: sf}
	if f.Version == "" {
		return nil, ir.Errorf(ir.ErrMalformed, "a safetensors file without %s: not a .kgo", keyVersion)
	}
	major, minor, err := parseVersion(f.Version)
	if err != nil {
		return nil, err
	}
	if major != Major {
		return nil, &ir.Error{Kind: ir.ErrVersion, Field: keyVersion, Text: fmt.Sprintf("the file is of version %s, this build reads %d.x; convert the Keras model again or use another build", f.Version, Major)}
	}
	err = f.decode(sf, jsonOptions(maxHeader))
	if err != nil && minor > Minor {
		return nil, &ir.Error{Kind: ir.ErrVersion, Field: keyVersion, Text: fmt.Sprintf("the file is of version %s, this build knows %s, and the file needs more", f.Version, version()), Err: err}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) decode(sf *safetensors.File, opt strictjson.Options) error {
	if err := f.decodeMetadata(sf.Metadata, opt); err != nil {
		return err
	}
	text := sf.Metadata[keyGraph]
	g, err := splitGraph(unsafe.Slice(unsafe.StringData(text), len(text)), opt) // it may be large, and is only read
	if err != nil {
		return err
	}
	l := newLoader(sf)
	for _, part := range []func() error{
		func() error { return decodePorts(g["inputs"], &f.Model.Inputs) },
		func() error { return decodePorts(g["outputs"], &f.Model.Outputs) },
		func() error { return decodeList(g["layers"], &f.Model.Layers) },
		func() error { return decodeList(g["notes"], &f.Model.Notes) },
		func() error { return decodeNodes(g["nodes"], f.Model) },
		func() error { return decodeValues(g["values"], f.Model, l) },
	} {
		if err := part(); err != nil {
			return err
		}
	}
	if f.Model.Name, err = strictjson.String(g["name"]); err != nil {
		return badGraph("corrupt: name", err)
	}
	if err := f.Model.Validate(); err != nil {
		if errors.Is(err, ir.ErrUnsupported) {
			return err
		}
		return badGraph("corrupt: the graph is inconsistent", err)
	}
	if err := f.decodeCases(g["cases"], l); err != nil {
		return err
	}
	return l.allUsed()
}

func (f *File) decodeMetadata(meta map[string]string, opt strictjson.Options) error {
	known := []string{keyVersion, keySource, keyWeights, keyDigest, keyGraph}
	for _, k := range known {
		if _, ok := meta[k]; !ok {
			return &ir.Error{Kind: ir.ErrMalformed, Field: k, Text: "corrupt: missing from the header"}
		}
	}
	for k := range meta {
		if strings.HasPrefix(k, "kerasgo.") && !slices.Contains(known, k) {
			return &ir.Error{Kind: ir.ErrMalformed, Field: k, Text: "corrupt: not known"}
		}
	}
	if b, err := hex.DecodeString(f.Digest); err != nil || len(b) != sha256.Size {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keyDigest, Text: fmt.Sprintf("corrupt: %.80q is no SHA-256", f.Digest)}
	}
	var err error
	if f.Weights, err = ir.ParseDType(meta[keyWeights]); err != nil || !slices.Contains(weightDTypes, f.Weights) {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keyWeights, Text: fmt.Sprintf("corrupt: %.80q", meta[keyWeights])}
	}
	f.Model = &ir.Model{}
	if err := strictjson.Unmarshal([]byte(meta[keySource]), &f.Model.Source, opt); err != nil {
		return &ir.Error{Kind: ir.ErrMalformed, Field: keySource, Text: "corrupt", Err: err}
	}
	return nil
}

func checkType(name string, t ir.Type) error {
	if t.DType == ir.Invalid || t.Shape == nil {
		return badGraph(fmt.Sprintf("corrupt: value %q lacks dtype or shape", name), nil)
	}
	if len(t.Shape) > maxRank {
		return ir.Errorf(ir.ErrLimit, "value %q has rank %d, the limit is %d", name, len(t.Shape), maxRank)
	}
	for _, d := range t.Shape {
		if len(d.Name) > maxDimName {
			return ir.Errorf(ir.ErrLimit, "a dimension of value %q has a name of %d bytes, the limit is %d", name, len(d.Name), maxDimName)
		}
		if d.IsKnown() && d.Size < 0 {
			return badGraph(fmt.Sprintf("corrupt: value %q has shape %v", name, t.Shape), nil)
		}
	}
	return nil
}

func badGraph(text string, cause error) error {
	return &ir.Error{Kind: ir.ErrMalformed, Field: keyGraph, Text: text, Err: cause}
}
