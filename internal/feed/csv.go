package feed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strconv"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// csv reads a table. A first row that holds words is the header; when it names
// all the model's inputs, each takes its column. Else a row is an example, or,
// for an input [batch, time, features] with as many features as columns, a time
// step of the only one.
func (r *reader) csv(b []byte, name string) error {
	rows, err := table(b)
	if err != nil {
		return err
	}
	var header []string
	for _, cell := range rows[0] {
		if _, err := strconv.ParseFloat(strings.TrimSpace(cell), 64); err != nil {
			header, rows = rows[0], rows[1:]
			break
		}
	}
	if len(rows) == 0 {
		return ir.Errorf(ir.ErrUsage, "the table has a header and no rows")
	}
	if header != nil && name == "" && r.columnsNamed(header) {
		for i, p := range r.m.Inputs {
			t, err := r.cells(rows, column(header, p.Name), 1, i)
			if err != nil {
				return inField(err, p.Name)
			}
			if err := r.put(i, t); err != nil {
				return err
			}
		}
		return nil
	}
	i, err := r.index(name)
	if err != nil {
		return err
	}
	t, err := r.cells(rows, 0, len(rows[0]), i)
	if err != nil {
		return err
	}
	t.Shape = examples(t.Shape, r.m.Type(r.m.Inputs[i].Value).Shape)
	return r.put(i, t)
}

// table parses CSV whose separator is the comma, semicolon or tab that the
// first line has most of.
func table(b []byte) ([][]string, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(b, []byte("\n"))
	c := csv.NewReader(bytes.NewReader(b))
	c.TrimLeadingSpace = true
	most := 0
	for _, sep := range ",;\t" {
		if n := bytes.Count(first, []byte(string(sep))); n > most {
			c.Comma, most = sep, n
		}
	}
	rows, err := c.ReadAll()
	var pe *csv.ParseError
	if errors.As(err, &pe) {
		return nil, &ir.Error{Kind: ir.ErrUsage, Text: "cannot be read as CSV; --input-format says what else it is", Err: err}
	}
	if err == nil && len(rows) == 0 {
		err = ir.Errorf(ir.ErrUsage, "is empty")
	}
	return rows, err
}

func column(header []string, name string) int {
	for i, h := range header {
		if strings.TrimSpace(h) == name {
			return i
		}
	}
	return -1
}

func (r *reader) columnsNamed(header []string) bool {
	for _, p := range r.m.Inputs {
		if column(header, p.Name) < 0 {
			return false
		}
	}
	return true
}

// cells is columns from to from+n of the table, for input i.
func (r *reader) cells(rows [][]string, from, n, i int) (*ir.Tensor, error) {
	flat := make([]string, 0, n*len(rows))
	for _, row := range rows {
		for _, cell := range row[from : from+n] {
			flat = append(flat, strings.TrimSpace(cell))
		}
	}
	shape := []int{len(rows), n}
	if r.m.Type(r.m.Inputs[i].Value).DType == ir.String {
		return ir.NewString(flat, shape...), nil
	}
	t, err := numbers(flat, shape)
	for k, s := range flat {
		if _, bad := strconv.ParseFloat(s, 64); err != nil && bad != nil {
			return nil, ir.Errorf(ir.ErrUsage, "row %d, column %d: %q is no number", k/n+1, from+k%n+1, s)
		}
	}
	return t, err
}

// examples is the shape a table of rows and columns has for an input.
func examples(shape []int, want ir.Shape) []int {
	rows, cols := shape[0], shape[1]
	switch {
	case len(want) == 1 && cols == 1:
		return []int{rows}
	case len(want) == 3 && want[2] == ir.Known(cols) && (!want[1].IsKnown() || want[1].Size == rows):
		return []int{1, rows, cols}
	case len(want) < 3:
		return shape
	}
	out, known, open := []int{rows}, 1, -1
	for i, d := range want[1:] {
		if d.IsKnown() {
			known *= d.Size
		} else if open < 0 {
			open = i + 1
		} else {
			return shape
		}
		out = append(out, d.Size)
	}
	switch {
	case open < 0 && known == cols:
		return out
	case open > 0 && known > 0 && cols%known == 0:
		out[open] = cols / known
		return out
	}
	return shape
}
