// Command gen writes the amd64 assembly of package kernel. Run it with go generate in internal/kernel.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
)

func main() {
	levels := flag.String("levels", "", "Go `file` of the functions that choose by level")
	flag.Parse()
	ConstraintExpr("!noasm")
	pass.Compile = pass.Concat(pass.InstructionPass(broadcastConstants), pass.Compile)
	for _, s := range []isa{avx2, avx512} {
		emitFor(s, tiles, elementwise, arithmetic, reductions, rowFunctions, windows, cells, slidings, winograd)
	}
	emitFor(avx2, thins, transpose, transposeTiles, repeat, copyPanel, winogradWeights)
	if err := writeLevels(*levels); err != nil {
		log.Fatal(err)
	}
	Generate()
}
