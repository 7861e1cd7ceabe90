package importer

import "github.com/kerasgo/kerasgo/ir"

// opTable lists the operations of keras.ops in functional graphs, by class. An
// operation's constants are in the call's arguments and in its config.
func opTable() []row {
	var rows []row
	for _, family := range [][]row{} {
		rows = append(rows, family...)
	}
	return rows
}

// lookupOp finds the lowering of an operation of keras.ops.
func (b *builder) lookupOp(ls *layerSpec) (*row, error) {
	if r, ok := b.ops[ls.class]; ok {
		return r, nil
	}
	return nil, ir.Errorf(ir.ErrUnsupported, "operation %s.%s is not supported", ls.module, ls.class)
}
