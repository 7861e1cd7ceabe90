package importer

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// nodeDef is an op of a TensorFlow graph: its attributes as plain values, dtypes
// by Keras's names.
type nodeDef struct {
	op    string
	attrs object
}

// nodeTypes are attributes that only say which dtypes an op works on.
var nodeTypes = map[string]bool{
	"T": true, "Tidx": true, "Tshape": true, "Tperm": true, "Tdim": true, "Index": true, "Tmultiples": true, "Tpaddings": true, "Tparams": true,
	"Tindices": true, "Taxis": true, "TI": true, "Tlen": true, "SrcT": true, "Tshift": true, "Tcond": true, "_output_shapes": true, "_class": true,
	"Tsegmentids": true, "Tnumsegments": true, "index_type_": true, "dtype_": true,
	"Tout": true, "Treal": true, "Tcomplex": true, "Tblock_shape": true, "Tcrops": true, "Tlabels": true, "Targmax": true, "Tindex": true, "Tk": true, "U": true, "_has_manual_control_dependencies": true,
	"incompatible_shape_error": true, "_XlaMustCompile": true,
}

// positional gives the inputs in the order of the table's parameters.
func (n *nodeDef) positional(in []any) []any {
	if n.op == "ConcatV2" && len(in) > 0 { // the axis comes last
		n.attrs["axis"] = in[len(in)-1]
		return in[:len(in)-1]
	}
	return in
}

// parseNodeDef reads a NodeDef: as JSON (TensorFlow 2.2 and later) or as the
// protocol buffer's bytes in a string.
func parseNodeDef(v any) (*nodeDef, error) {
	n := &nodeDef{attrs: object{}}
	set := func(name string, v any) {
		if !nodeTypes[name] || name == "T" && n.op == "OneHot" {
			n.attrs[name] = v
		}
	}
	switch t := v.(type) {
	case object:
		n.op = str(t["op"])
		attrs, _ := t["attr"].(object)
		for _, k := range sortedKeys(attrs) {
			a, _ := attrs[k].(object)
			v, err := jsonAttr(a)
			if err != nil {
				return nil, err
			}
			set(k, v)
		}
	case string:
		var err error
		if err = n.parseProto([]byte(t), set); err != nil {
			return nil, err
		}
	}
	if n.op == "" {
		return nil, &ir.Error{Kind: ir.ErrMalformed, Field: "node_def", Text: "is no NodeDef: " + show(v)}
	}
	return n, nil
}

func jsonAttr(a object) (any, error) {
	integer := func(v any) any {
		if s, ok := v.(string); ok {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil {
				return n
			}
		}
		return v
	}
	for _, k := range sortedKeys(a) {
		v := a[k]
		switch k {
		case "i":
			return integer(v), nil
		case "s":
			b, err := base64.StdEncoding.DecodeString(str(v))
			if err != nil {
				return nil, &ir.Error{Kind: ir.ErrMalformed, Field: "node_def", Text: "holds the string " + show(v)}
			}
			return string(b), nil
		case "type":
			return dataType(str(v)), nil
		case "list":
			items := []any{}
			if l, ok := v.(object); ok {
				for _, key := range []string{"i", "f", "b", "type"} {
					for _, e := range list(l[key]) {
						items = append(items, integer(e))
					}
				}
			}
			return items, nil
		default:
			return v, nil
		}
	}
	return nil, nil
}

// dataType turns DT_FLOAT to float32.
func dataType(name string) any {
	switch d := strings.ToLower(strings.TrimPrefix(name, "DT_")); d {
	case "float":
		return "float32"
	case "double":
		return "float64"
	case "half":
		return "float16"
	default:
		return d
	}
}

// field is one field of a protocol buffer's message.
type field struct {
	number int
	value  uint64 // varints and fixed numbers
	bytes  []byte // nested messages, strings, packed lists
}

func badProto() error {
	return &ir.Error{Kind: ir.ErrMalformed, Field: "node_def", Text: "is no protocol buffer of a NodeDef"}
}

func protoFields(b []byte) ([]field, error) {
	var out []field
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key>>3 > 1<<29 {
			return nil, badProto()
		}
		b = b[n:]
		f := field{number: int(key >> 3)}
		switch key & 7 {
		case 0:
			f.value, n = binary.Uvarint(b)
			if n <= 0 {
				return nil, badProto()
			}
			b = b[n:]
		case 1, 5:
			size := 8
			if key&7 == 5 {
				size = 4
			}
			if len(b) < size {
				return nil, badProto()
			}
			var wide [8]byte
			copy(wide[:], b[:size])
			f.value = binary.LittleEndian.Uint64(wide[:])
			b = b[size:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return nil, badProto()
			}
			f.bytes = b[n : n+int(size)]
			b = b[n+int(size):]
		default:
			return nil, badProto()
		}
		out = append(out, f)
	}
	return out, nil
}

// parseProto reads NodeDef: op is field 2, attr, a map, field 5.
func (n *nodeDef) parseProto(b []byte, set func(string, any)) error {
	fields, err := protoFields(b)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if f.number == 2 {
			n.op = string(f.bytes)
		}
	}
	for _, f := range fields {
		if f.number != 5 {
			continue
		}
		entry, err := protoFields(f.bytes)
		if err != nil {
			return err
		}
		name, value := "", []byte(nil)
		for _, e := range entry {
			switch e.number {
			case 1:
				name = string(e.bytes)
			case 2:
				value = e.bytes
			}
		}
		v, err := protoAttr(value)
		if err != nil {
			return err
		}
		set(name, v)
	}
	return nil
}

// protoAttr reads AttrValue: list 1, s 2, i 3, f 4, b 5, type 6; the fields of a
// list have the same numbers.
func protoAttr(b []byte) (any, error) {
	fields, err := protoFields(b)
	if err != nil {
		return nil, err
	}
	for _, f := range fields {
		switch f.number {
		case 1:
			inner, err := protoFields(f.bytes)
			if err != nil {
				return nil, err
			}
			items := []any{}
			for _, e := range inner {
				switch {
				case e.number == 3 && e.bytes != nil: // packed
					for rest := e.bytes; len(rest) > 0; {
						v, n := binary.Uvarint(rest)
						if n <= 0 {
							return nil, badProto()
						}
						items = append(items, int64(v))
						rest = rest[n:]
					}
				case e.number == 3:
					items = append(items, int64(e.value))
				}
			}
			return items, nil
		case 2:
			return string(f.bytes), nil
		case 3:
			return int64(f.value), nil
		case 4:
			return float64(math.Float32frombits(uint32(f.value))), nil
		case 5:
			return f.value != 0, nil
		case 6:
			return tfDTypes[int(f.value)], nil
		}
	}
	return nil, nil
}
