package native

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"

	"github.com/kerasgo/kerasgo/internal/safetensors"
	"github.com/kerasgo/kerasgo/ir"
)

// store collects the tensors of a file.
type store struct {
	names   names
	entries []safetensors.Entry
	seen    map[*ir.Tensor]data // a tensor that two values share is stored once
}

// add stores t as it is; strings become their bytes and offsets.
func (s *store) add(name string, t *ir.Tensor) (data, error) {
	if d, ok := s.seen[t]; ok {
		return d, nil
	}
	if err := t.Check(); err != nil {
		return data{}, err
	}
	d := data{Tensor: s.names.pick(name)}
	if t.DType == ir.String {
		d.Offsets = s.names.pick(d.Tensor + ".offsets")
		ends := make([]int64, 1, len(t.Strings)+1)
		for _, v := range t.Strings {
			ends = append(ends, ends[len(ends)-1]+int64(len(v)))
		}
		s.put(d.Offsets, ir.Int64, []int{len(ends)}, raw(ir.NewInt64(ends)))
		s.put(d.Tensor, ir.Uint8, []int{int(ends[len(ends)-1])}, func(w io.Writer) error {
			for _, v := range t.Strings {
				if _, err := io.WriteString(w, v); err != nil {
					return err
				}
			}
			return nil
		})
	} else {
		s.put(d.Tensor, t.DType, t.Shape, raw(t))
	}
	s.seen[t] = d
	return d, nil
}

// addNarrow stores a float32 kernel as dtype, or as it is where its values do
// not allow that.
func (s *store) addNarrow(name string, t *ir.Tensor, dtype ir.DType, axis int) (data, error) {
	if d, ok := s.seen[t]; ok {
		return d, nil
	}
	if err := t.Check(); err != nil {
		return data{}, err
	}
	var d data
	switch dtype {
	case ir.Float16, ir.BFloat16:
		round := ir.Float32ToBFloat16
		if dtype == ir.Float16 {
			if !fitsFloat16(t) {
				return s.add(name, t)
			}
			round = ir.Float32ToFloat16
		}
		d = data{Tensor: s.names.pick(name)}
		s.put(d.Tensor, dtype, t.Shape, chunked(t, 2, func(b []byte, _ int, v float32) {
			binary.LittleEndian.PutUint16(b, round(v))
		}))
	case ir.Int8:
		scale, ok := scales(t, axis)
		if !ok {
			return s.add(name, t)
		}
		d = data{Tensor: s.names.pick(name), Axis: axis}
		d.Scale = s.names.pick(d.Tensor + ".scale")
		n, inner := channels(t.Shape, axis)
		s.put(d.Scale, ir.Float32, []int{n}, raw(ir.NewFloat32(scale)))
		s.put(d.Tensor, ir.Int8, t.Shape, chunked(t, 1, func(b []byte, i int, v float32) {
			b[0] = byte(quantize(v, scale[i/inner%n]))
		}))
	default:
		return data{}, fmt.Errorf("cannot store weights as %v", dtype)
	}
	s.seen[t] = d
	return d, nil
}

func (s *store) put(name string, dtype ir.DType, shape []int, write func(io.Writer) error) {
	s.entries = append(s.entries, safetensors.Entry{Name: name, DType: dtype, Shape: shape, Write: write})
}

// raw writes a tensor's data, and keeps the tensor and so its memory alive.
func raw(t *ir.Tensor) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(t.Data)
		runtime.KeepAlive(t)
		return err
	}
}

// chunked writes size bytes for every element of a float32 tensor, a chunk at a
// time; put fills those of element i.
func chunked(t *ir.Tensor, size int, put func(b []byte, i int, v float32)) func(io.Writer) error {
	return func(w io.Writer) error {
		values := t.Float32s()
		buf := make([]byte, 1<<16)
		for i := 0; i < len(values); {
			n := min(len(values)-i, len(buf)/size)
			for j := range n {
				put(buf[j*size:], i+j, values[i+j])
			}
			if _, err := w.Write(buf[:n*size]); err != nil {
				return err
			}
			i += n
		}
		runtime.KeepAlive(t)
		return nil
	}
}
