package importer

import (
	"fmt"
	"strings"

	"github.com/kerasgo/kerasgo/ir"
)

// readShards reads the files a *.weights.json names, which lie beside it. The
// variables of one object may be spread over several of them.
func readShards(b *blob, weightMap object, lim Limits) (*pathWeights, error) {
	var files []string
	seen := map[string]bool{}
	for _, k := range sortedKeys(weightMap) {
		flatten(weightMap[k], func(v any) {
			if f := str(v); f != "" && !seen[f] {
				seen[f] = true
				files = append(files, f)
			}
		})
	}
	if len(files) > min(lim.Members, 1<<16) {
		return nil, inFile(exceeded("Members", int64(lim.Members), "names %d shards", len(files)), b.name)
	}
	if b.beside == nil {
		return nil, &ir.Error{Kind: ir.ErrUsage, File: b.name, Text: "is an index of sharded weights; open it by path, so that its shards are found beside it"}
	}
	w := &pathWeights{groups: map[string]*varGroup{}}
	for _, name := range files {
		if strings.ContainsAny(name, `/\`) || name == "." || name == ".." {
			return nil, &ir.Error{Kind: ir.ErrMalformed, File: b.name, Text: fmt.Sprintf("shard %q is no plain file name", name)}
		}
		s, err := lim.counted(b.beside(name))
		if err != nil {
			return nil, inFile(err, b.name)
		}
		f, err := s.hdf5(lim)
		if err != nil {
			return nil, inFile(err, name)
		}
		if err := w.readHDF5(f, s, lim); err != nil {
			return nil, inFile(err, name)
		}
	}
	return w.index(), nil
}
