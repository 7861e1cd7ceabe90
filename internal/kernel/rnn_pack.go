package kernel

// Lane is the number of units whose gates are stored together in a packed recurrent kernel and in the projected
// inputs. Units are filled up with zeros to a multiple of it.
const Lane = 8

// RNNCols is the width of a projected input row: [⌈units/Lane⌉][gates][Lane].
func RNNCols(units, gates int) int { return roundUp(units, Lane) * gates }

// PackedRNNInputFloats is the length of a packed input kernel.
func PackedRNNInputFloats(in, units, gates int) int { return PackedBFloats(in, RNNCols(units, gates)) }

// PackRNNInput packs Keras's input kernel [in, gates·units] (gates i, f, c, o for LSTM; z, r, h for GRU; one for
// SimpleRNN) as the B of the GEMM that projects all time steps at once. Its N is RNNCols(units, gates), its C the X
// of LSTM, GRU and SimpleRNN.
func PackRNNInput(dst []float32, in, units, gates int, kernel []float32) {
	cols := RNNCols(units, gates)
	dst = dst[:PackedBFloats(in, cols)]
	clear(dst)
	for p := range in {
		row := kernel[p*gates*units:][:gates*units]
		for g := range gates {
			for u, v := range row[g*units : (g+1)*units] {
				j := rnnCol(u, g, gates)
				dst[j/Panel*in*Panel+p*Panel+j%Panel] = v
			}
		}
	}
}

// PackRNNBias brings a bias [gates·units] (nil: zeros) into the column order of PackRNNInput; dst has
// PackedBiasFloats(RNNCols(units, gates)) values. For a GRU with reset_after, whose bias is [2, 3·units], it takes the
// sum of both rows for z and r and the input row alone for h: see PackGRUBias.
func PackRNNBias(dst []float32, units, gates int, bias []float32) {
	dst = dst[:PackedBiasFloats(RNNCols(units, gates))]
	clear(dst)
	if bias == nil {
		return
	}
	for g := range gates {
		for u, v := range bias[g*units : (g+1)*units] {
			dst[rnnCol(u, g, gates)] = v
		}
	}
}

// PackGRUBias packs the bias [2, 3·units] of a GRU with reset_after (nil: zeros): dst like PackRNNBias's for three
// gates, and recurrent, of roundUp(units, Lane) values, the part that the reset gate multiplies.
func PackGRUBias(dst, recurrent []float32, units int, bias []float32) {
	clear(recurrent[:RNNCols(units, 1)])
	if bias == nil {
		PackRNNBias(dst, units, 3, nil)
		return
	}
	PackRNNBias(dst, units, 3, bias[:3*units])
	copy(recurrent, bias[5*units:6*units])
	for g := range 2 {
		for u, v := range bias[(3+g)*units:][:units] {
			dst[rnnCol(u, g, 3)] += v
		}
	}
}

// PackedRecurrentFloats is the length of a packed recurrent kernel.
func PackedRecurrentFloats(units, gates int) int { return RNNCols(units, gates) * units }

// PackRecurrent packs Keras's recurrent kernel [units, gates·units] as [⌈units/Lane⌉][units][gates][Lane].
func PackRecurrent(dst []float32, units, gates int, kernel []float32) {
	packRecurrent(dst, units, gates*units, 0, gates, kernel)
}

// PackGRURecurrent packs the recurrent kernel [units, 3·units] of a GRU without reset_after: z, r and h one after the
// other, each as PackRecurrent does for one gate. The length is PackedRecurrentFloats(units, 3).
func PackGRURecurrent(dst []float32, units int, kernel []float32) {
	n := PackedRecurrentFloats(units, 1)
	for g := range 3 {
		packRecurrent(dst[g*n:(g+1)*n], units, 3*units, g, 1, kernel)
	}
}

func packRecurrent(dst []float32, units, ld, first, gates int, kernel []float32) {
	dst = dst[:PackedRecurrentFloats(units, gates)]
	clear(dst)
	for p := range units {
		for g := range gates {
			for u, v := range kernel[p*ld+(first+g)*units:][:units] {
				dst[((u/Lane*units+p)*gates+g)*Lane+u%Lane] = v
			}
		}
	}
}

// rnnCol is where gate g of unit u is in a projected input row.
func rnnCol(u, g, gates int) int { return (u/Lane*gates+g)*Lane + u%Lane }
