package importer

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// readNPZWeights reads weights that Keras saved as .npz: an array for each
// saved object, which holds a pickled dict from number to variable.
func readNPZWeights(b *blob, lim Limits) (*pathWeights, error) {
	z, err := openZip(b, lim)
	if err != nil {
		return nil, err
	}
	w := &pathWeights{groups: map[string]*varGroup{}}
	for _, f := range z.File {
		p, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok || trainingState(p) {
			continue
		}
		if p == "__root__" {
			p = ""
		}
		m, err := member(b, f, lim)
		if err != nil {
			return nil, err
		}
		data, err := m.all(lim.FileBytes)
		if err != nil {
			return nil, err
		}
		if err := w.addPickle(p, data, m.owner, lim); err != nil {
			return nil, inFile(err, m.name)
		}
	}
	return w.index(), nil
}

// addPickle adds the variables of one object.
func (w *pathWeights) addPickle(p string, npy []byte, owner any, lim Limits) error {
	body, err := objectArray(npy)
	if err != nil {
		return err
	}
	v, err := unpickle(body, lim)
	if err != nil {
		return err
	}
	g := w.group(strings.Trim(p, "/"))
	outer, err := ndarray(v)
	if err != nil {
		return err
	}
	items, ok := outer.data.(*pyList)
	if !ok || len(items.items) != 1 {
		return ir.Errorf(ir.ErrMalformed, "holds no dict of variables")
	}
	d, ok := items.items[0].(*pyDict)
	if !ok {
		return ir.Errorf(ir.ErrMalformed, "holds no dict of variables")
	}
	steps := 10_000 + 64*len(d.keys)
	for i, k := range d.keys {
		name, ok := k.(string)
		if !ok {
			return ir.Errorf(ir.ErrMalformed, "a variable's key is no string")
		}
		if err := lim.spend(int64(storedMemory+len(p)), "the list of weights"); err != nil {
			return err
		}
		call := findWithin(d.values[i], 0, &steps)
		if call == nil {
			return ir.Errorf(ir.ErrUnsupported, "variable %q holds no NumPy array", name)
		}
		a, err := ndarray(call)
		if err != nil {
			return err
		}
		t, err := a.tensor(owner)
		if err != nil {
			return err
		}
		g.vars = append(g.vars, &stored{path: path.Join(p, "vars", name), name: name, shape: t.Shape, dtype: t.DType, read: func() (*ir.Tensor, error) { return t, nil }})
	}
	return nil
}

// objectArray checks the header of an .npy of one object and returns what
// follows it.
func objectArray(b []byte) ([]byte, error) {
	const magic = "\x93NUMPY"
	if len(b) < 12 || string(b[:6]) != magic {
		return nil, ir.Errorf(ir.ErrMalformed, "is no .npy array")
	}
	n, start := int(b[8])|int(b[9])<<8, 10
	if b[6] > 1 {
		n, start = n|int(b[10])<<16|int(b[11])<<24, 12
	}
	if n < 0 || n > len(b)-start {
		return nil, ir.Errorf(ir.ErrMalformed, "its header is cut off")
	}
	if !bytes.Contains(b[start:start+n], []byte("'|O'")) {
		return nil, ir.Errorf(ir.ErrUnsupported, "is a plain array, not one of Keras's dicts of variables")
	}
	return b[start+n:], nil
}

// pyArray is a pickled NumPy array.
type pyArray struct {
	shape   []int
	dtype   string
	order   string
	fortran bool
	data    any // []byte, or *pyList of objects
}

// findWithin finds the array within a variable: Keras pickles its own objects
// around it, whose attributes are searched, _value first.
//
// Values may be shared and contain themselves; the search gives up after steps,
// which are those of all variables of an object.
func findWithin(v any, depth int, steps *int) *pyCall {
	if *steps--; depth > 32 || *steps < 0 {
		return nil
	}
	switch t := v.(type) {
	case *pyCall:
		if g, ok := t.fn.(pyGlobal); ok && strings.HasSuffix(string(g), "._reconstruct") {
			return t
		}
		if a := findWithin(t.state, depth+1, steps); a != nil {
			return a
		}
		if a := findWithin(t.args, depth+1, steps); a != nil {
			return a
		}
		return findWithin(t.fn, depth+1, steps) // functools.partial keeps its arguments as state
	case *pyDict:
		for i, k := range t.keys {
			if k == "_value" || k == "initial_value" {
				return findWithin(t.values[i], depth+1, steps)
			}
		}
	case pyTuple:
		for i, e := range t {
			if i > 16 {
				break
			}
			if a := findWithin(e, depth+1, steps); a != nil {
				return a
			}
		}
	}
	return nil
}

// ndarray reads the state of a NumPy array: version, shape, dtype, order, data.
func ndarray(v any) (*pyArray, error) {
	bad := ir.Errorf(ir.ErrMalformed, "pickle holds no NumPy array")
	c, ok := v.(*pyCall)
	if !ok {
		return nil, bad
	}
	state, ok := c.state.(pyTuple)
	if !ok || len(state) != 5 {
		return nil, bad
	}
	dims, ok := state[1].(pyTuple)
	dt, ok2 := state[2].(*pyCall)
	fortran, ok3 := state[3].(bool)
	if !ok || !ok2 || !ok3 {
		return nil, bad
	}
	a := &pyArray{fortran: fortran, data: state[4]}
	for _, d := range dims {
		n, ok := asInt(d)
		if !ok || n < 0 {
			return nil, bad
		}
		a.shape = append(a.shape, n)
	}
	args, ok := dt.args.(pyTuple)
	if !ok || len(args) == 0 {
		return nil, bad
	}
	a.dtype = str(args[0])
	if s, ok := dt.state.(pyTuple); ok && len(s) > 1 {
		a.order = str(s[1])
	}
	return a, nil
}

var numpyTypes = map[string]ir.DType{
	"f4": ir.Float32, "f8": ir.Float64, "f2": ir.Float16, "i1": ir.Int8, "u1": ir.Uint8, "i2": ir.Int16, "u2": ir.Uint16,
	"i4": ir.Int32, "u4": ir.Uint32, "i8": ir.Int64, "u8": ir.Uint64, "b1": ir.Bool, "bfloat16": ir.BFloat16,
}

func (a *pyArray) tensor(owner any) (*ir.Tensor, error) {
	dt, ok := numpyTypes[a.dtype]
	b, isBytes := a.data.([]byte)
	if !ok || !isBytes {
		return nil, ir.Errorf(ir.ErrUnsupported, "an array of dtype %q", a.dtype)
	}
	if a.order == ">" || a.fortran && len(a.shape) > 1 {
		return nil, ir.Errorf(ir.ErrUnsupported, "an array in order %q, Fortran %v", a.order, a.fortran)
	}
	t := &ir.Tensor{DType: dt, Shape: append([]int{}, a.shape...), Data: b, Owner: owner}
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("pickled array: %w", err)
	}
	return t, nil
}
