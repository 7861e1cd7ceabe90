package ir

import "fmt"

// Slice takes a Python slice of some axes; the rank stays.
type Slice struct {
	Axes []AxisSlice `json:"axes"`
}

// AxisSlice is start:end:step on one axis, with Python's meaning of negative
// and missing (nil) bounds. Step 0 means 1.
type AxisSlice struct {
	Axis  int  `json:"axis"`
	Start *int `json:"start,omitempty"`
	End   *int `json:"end,omitempty"`
	Step  int  `json:"step,omitempty"`
}

func (*Slice) Kind() string { return "Slice" }

func (o *Slice) Infer(in []Type) ([]Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	out := in[0].Shape.Clone()
	for _, a := range o.Axes {
		axis, err := NormAxis(a.Axis, len(out))
		if err != nil {
			return nil, err
		}
		out[axis] = a.result(out[axis])
	}
	return one(in[0].DType, out), nil
}

func (a AxisSlice) result(d Dim) Dim {
	if d.IsKnown() {
		_, n, _ := a.Resolve(d.Size)
		return Known(n)
	}
	step := a.Step
	if step == 0 {
		step = 1
	}
	if step == 1 {
		switch {
		case a.Start == nil && a.End == nil:
			return d
		case (a.Start == nil || *a.Start == 0) && a.End != nil && *a.End < 0:
			return d.Add(max(*a.End, -maxDim))
		case a.Start != nil && a.End == nil && *a.Start >= 0:
			return d.Add(-min(*a.Start, maxDim))
		case a.Start != nil && *a.Start >= 0 && a.End != nil && *a.End < 0:
			return d.Add(max(*a.End, -maxDim) - min(*a.Start, maxDim))
		case a.Start != nil && *a.Start == -1 && a.End == nil, a.Start != nil && a.End != nil && *a.Start >= 0 && *a.End == *a.Start+1, a.Start == nil && *a.End == 1:
			return Known(1) // one element, of an axis that has it
		}
	}
	if step == -1 && a.Start == nil && a.End == nil {
		return d
	}
	text := func(p *int) string {
		if p == nil {
			return ""
		}
		return fmt.Sprint(*p)
	}
	return Sym(fmt.Sprintf("(%v)[%s:%s:%d]", d, text(a.Start), text(a.End), step))
}

// Resolve gives the first index, the count and the step for an axis of n.
func (a AxisSlice) Resolve(n int) (start, count, step int) {
	step = min(max(a.Step, -maxParam), maxParam)
	if step == 0 {
		step = 1
	}
	clampTo := func(p *int, def, lo, hi int) int {
		if p == nil {
			return def
		}
		v := *p
		if v < 0 {
			v += n
		}
		return min(max(v, lo), hi)
	}
	if step > 0 {
		start = clampTo(a.Start, 0, 0, n)
		end := clampTo(a.End, n, 0, n)
		if end > start {
			count = (end - start + step - 1) / step
		}
		return start, count, step
	}
	start = clampTo(a.Start, n-1, -1, n-1)
	end := clampTo(a.End, -1, -1, n-1)
	if start > end {
		count = (start - end - step - 1) / -step
	}
	return start, count, step
}
