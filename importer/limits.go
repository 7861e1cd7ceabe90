package importer

// Limits bounds what a file may make the importer do. A zero field means its
// default.
type Limits struct {
	// FileBytes is the most that is read into memory of a source that cannot be
	// mapped, such as a file of an fs.FS. Default 16 GiB.
	FileBytes int64

	// JSONBytes is the size of a JSON document: architecture, metadata, shard
	// index. Default 256 MiB.
	JSONBytes int64

	// JSONValues is the number of values in a JSON document. Default 8 million.
	JSONValues int

	// JSONDepth is how deep a JSON document nests. Default 512.
	JSONDepth int

	// InflateRatio is how many times larger than its stored bytes a deflated zip
	// member may be. Default 1100: deflate reaches at most 1032.
	InflateRatio int64

	// InflateBytes is the size of a deflated zip member. Default 16 GiB.
	InflateBytes int64

	// Members is the number of files in a zip or directory, and of groups and
	// datasets in an HDF5 file. Default 1 million.
	Members int

	// Nodes is the number of nodes of the graph; nested models that are called
	// several times are inlined each time. Default 1 million.
	Nodes int

	// ModelDepth is how deep models nest. Default 64.
	ModelDepth int

	// ConstantBytes is the size of constants that the importer itself computes
	// from a configuration, such as tables. Default 1 GiB.
	ConstantBytes int64
}

func (l Limits) withDefaults() Limits {
	def := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	defInt := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	def(&l.FileBytes, 16<<30)
	def(&l.JSONBytes, 256<<20)
	defInt(&l.JSONValues, 8<<20)
	defInt(&l.JSONDepth, 512)
	def(&l.InflateRatio, 1100)
	def(&l.InflateBytes, 16<<30)
	defInt(&l.Members, 1<<20)
	defInt(&l.Nodes, 1<<20)
	defInt(&l.ModelDepth, 64)
	def(&l.ConstantBytes, 1<<30)
	return l
}
