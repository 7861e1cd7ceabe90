package parity

import "encoding/json"

// MarshalJSON writes the result; what is not a finite number is null, such as
// the relative error where 0 is wanted.
func (r Result) MarshalJSON() ([]byte, error) {
	number := func(v float64) *float64 {
		if !finite(v) {
			return nil
		}
		return &v
	}
	return json.Marshal(struct {
		OK        bool     `json:"ok"`
		Reason    string   `json:"reason,omitempty"`
		Elems     int      `json:"elems"`
		Differ    int      `json:"differ"`
		MaxAbs    *float64 `json:"max_abs"`
		MaxRel    *float64 `json:"max_rel"`
		MaxULP    uint64   `json:"max_ulp"`
		Worst     []int    `json:"worst"`
		Got       string   `json:"got"`
		Want      string   `json:"want"`
		Scale     *float64 `json:"scale"`
		Bound     *float64 `json:"bound"`
		BoundFrom string   `json:"bound_from"`
	}{r.OK, r.Reason, r.Elems, r.Differ, number(r.MaxAbs), number(r.MaxRel), r.MaxULP, r.Worst, r.Got, r.Want, number(r.Scale), number(r.Bound), r.BoundFrom})
}
