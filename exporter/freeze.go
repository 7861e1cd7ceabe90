package exporter

import "strings"

// freeze marks layers whose source, or the model that this was in, has parameters
// that are not trained.
func (g *graph) freeze() {
	frozen := map[string]bool{}
	for _, l := range g.m.Layers {
		frozen[l.Name] = l.Params > 0 && l.Trainable == 0
	}
	for _, l := range g.layers {
		if len(l.weights) == 0 {
			continue
		}
		for path := l.name; path != ""; {
			if frozen[path] {
				l.config["trainable"] = false
			}
			path = path[:max(0, strings.LastIndexByte(path, '/'))]
		}
	}
}
