// Command gen writes the amd64 assembly of package kernel. Run it with go generate in internal/kernel.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!noasm")
	tiles()
	elementwise()
	arithmetic()
	reductions()
	transpose()
	copyPanel()
	winogradWeights()
	windows()
	cells()
	slidings()
	winograd()
	Generate()
}
