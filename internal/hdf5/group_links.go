package hdf5

import (
	"cmp"
	"slices"
	"strings"
)

// group is the decoded content of a group.
type group struct {
	links  []Link
	byName map[string]int // made when a link is first looked up
}

func (g *group) link(name string) (Link, bool) {
	if g.byName == nil {
		g.byName = make(map[string]int, len(g.links))
		for i := range g.links {
			g.byName[g.links[i].Name] = i
		}
	}
	i, ok := g.byName[name]
	if !ok {
		return Link{}, false
	}
	return g.links[i], true
}

// orderedLink is a link with its creation order.
type orderedLink struct {
	Link
	order int64
}

func (r *reader) readGroup(h *header) (*group, error) {
	var all []orderedLink
	tracked := false
	for i := range h.messages {
		m := &h.messages[i]
		var more []orderedLink
		var err error
		switch m.typ {
		case msgSymbolTable:
			more, err = r.symbolTable(m)
		case msgLink:
			more = make([]orderedLink, 1)
			c := r.cursorOver(m.body, m.at)
			more[0], err = r.decodeLink(&c)
		case msgLinkInfo:
			more, tracked, err = r.denseLinks(m)
		}
		if err != nil {
			return nil, err
		}
		if len(all) == 0 {
			all = more
		} else {
			all = append(all, more...)
		}
		if len(all) > r.limits.Members {
			return nil, r.tooManyLinks(h.at)
		}
	}
	slices.SortStableFunc(all, func(a, b orderedLink) int { return cmp.Compare(a.Name, b.Name) })
	for i := range all {
		name := all[i].Name
		if name == "" || name == "." || strings.Contains(name, "/") { // it could not be looked up by a path
			return nil, malformed(h.at, "group holds the name %q", name)
		}
		if i > 0 && name == all[i-1].Name {
			return nil, malformed(h.at, "group holds the name %q twice", name)
		}
	}
	if tracked {
		slices.SortStableFunc(all, func(a, b orderedLink) int { return cmp.Compare(a.order, b.order) })
	}
	g := &group{links: make([]Link, len(all))}
	for i := range all {
		g.links[i] = all[i].Link
	}
	return g, nil
}

func (r *reader) tooManyLinks(at int64) error {
	return exceeded(at, "group of more than %d objects; Limits.Members raises the limit (--limit Members=N)", r.limits.Members)
}
