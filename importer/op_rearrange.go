package importer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

var (
	patternTokens = regexp.MustCompile(`\(|\)|\w+|\S`)
	notName       = regexp.MustCompile(`\W+`)
)

// opRearrange is einops' rearrange without ellipsis: axes split by their given
// lengths, permuted, joined.
func opRearrange(o *opCall) []Value {
	x := o.tensor("tensor")
	lhs, rhs, ok := strings.Cut(o.text("pattern", ""), "->")
	in, okIn := axisGroups(lhs)
	out, okOut := axisGroups(rhs)
	if !ok || !okIn || !okOut || len(in) != o.Rank(x) {
		o.bad("pattern", "groups of named axes that fit the tensor")
		return nil
	}
	lengths, _ := o.args["axes_lengths"].(object)
	var names []string
	var split []ir.Extent
	open := map[string]int{} // axes that keep the dimension of x at this place
	size := map[string]int{}
	for i, group := range in {
		known, rest := 1, ""
		for _, a := range group {
			n, given := asInt(lengths[a])
			switch {
			case given && n > 0:
				size[a] = n
				known *= n
			case rest != "":
				o.Fail(ir.ErrUnsupported, "pattern", "the lengths of both %s and %s are open", rest, a)
				return nil
			default:
				rest = a
			}
		}
		if rest != "" {
			if d := o.Dim(x, i); d.IsKnown() {
				size[rest] = d.Size / known
			} else if len(group) == 1 {
				open[rest] = i
			}
		}
		for _, a := range group {
			names = append(names, a)
			if i, ok := open[a]; ok {
				split = append(split, ir.DimOf(0, i))
			} else if n, ok := size[a]; ok {
				split = append(split, ir.Size(n))
			} else {
				split = append(split, ir.Size(-1))
			}
		}
	}
	y := o.Reshape(x, split)
	var perm []int
	var joined []ir.Extent
	for _, group := range out {
		total, whole := 1, true
		for _, a := range group {
			k := slices.Index(names, a)
			if k < 0 {
				o.bad("pattern", "the same axes on both sides")
				return nil
			}
			perm = append(perm, k)
			n, ok := size[a]
			total, whole = total*n, whole && ok
		}
		switch {
		case whole:
			joined = append(joined, ir.Size(total))
		case len(group) == 1:
			joined = append(joined, ir.DimOf(0, len(perm)-1))
		default:
			joined = append(joined, ir.Size(-1))
		}
	}
	return outputs(o.Reshape(o.Transpose(y, perm...), joined))
}

// axisGroups reads "b (h p) c".
func axisGroups(s string) (groups [][]string, ok bool) {
	inside := false
	for _, t := range patternTokens.FindAllString(s, -1) {
		switch {
		case t == "(" && !inside:
			inside = true
			groups = append(groups, nil)
		case t == ")" && inside:
			inside = false
		case !notName.MatchString(t) && inside:
			groups[len(groups)-1] = append(groups[len(groups)-1], t)
		case !notName.MatchString(t):
			groups = append(groups, []string{t})
		default:
			return nil, false
		}
	}
	return groups, !inside
}
