package hostile

import (
	"bytes"
	"strings"
	"testing"
)

// pickles are weights in NumPy files: pickles around arrays.
func pickles(t testing.TB) (out []file) {
	with := func(name, want string, npy []byte) {
		out = append(out, file{"pickle: " + name, npzWeights(t, npy), want})
	}
	program := func(name, want, code string) { with(name, want, pickled(code)) }
	good := Find(npzMembers(t))
	with("as it was", "ok", good)
	with("cut", "malformed", good[:len(good)/2])
	with("empty", "malformed", nil)
	with("no header", "malformed", good[10:])
	with("a plain array", "unsupported", bytes.Replace(good, []byte("'|O'"), []byte("'<f4'")[:4], 1))
	program("nothing", "malformed", ".")
	program("an unknown opcode", "malformed", "\xff.")
	program("an endless frame", "malformed", "\x95")
	program("os.system", "malformed|unsupported", "cos\nsystem\n(X\x02\x00\x00\x00lstR.")
	program("a persistent object", "malformed", "Pevil\n.")
	program("an instance", "malformed", "(ios\nsystem\n.")
	program("globals of globals", "malformed", "X\x01\x00\x00\x00a\x94h\x00\x93\x94"+strings.Repeat("h\x01h\x01\x93\x94", 40)+".")
	tuple := "(X\x01\x00\x00\x00at\x94"
	doubled := tuple + strings.Repeat("q\x00h\x00\x86", 60)
	program("tuples of tuples", "malformed", doubled+".")
	program("tuples of tuples as a name", "malformed", doubled+"q\x01h\x01\x93.")
	program("a list in itself", "malformed", "]q\x00h\x00a.")
	program("a dict of itself in arrays", "malformed|unsupported", "}q\x00X\x01\x00\x00\x00ah\x00s.")
	program("a text of 4 GB", "malformed", "X\xff\xff\xff\xffabc.")
	program("bytes of 2^64", "malformed", "\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.")
	program("a million lists", "limit", strings.Repeat("]", 1<<20)+".")
	program("a million kept values", "limit", "N"+strings.Repeat("\x94", 1<<20)+".")
	program("no stack", "malformed", "0000.")
	program("no mark", "malformed", "tt.")
	program("a value that was not kept", "malformed", "h\x05.")
	shared := "N" + strings.Repeat("q\x00h\x00h\x00\x87", 30)
	program("arrays to be searched for without end", "malformed|unsupported",
		"cnumpy._core.multiarray\n_reconstruct\n)R(K\x01)cnumpy\ndtype\n)R\x89]}X\x01\x00\x00\x00a"+shared+"satb.")
	return out
}

// npzMembers are the members of the weights of a good file, and the name of one
// of them.
func npzMembers(t testing.TB) (inner []Member, name string) {
	for _, m := range Unzip(seed(t, "keras3/container_keras_npz_rnn_keras3.npzweights.keras")) {
		if strings.HasSuffix(m.Name, ".npz") {
			inner = Unzip(m.Data)
		}
	}
	for _, m := range inner {
		if strings.HasSuffix(m.Name, ".npy") && len(m.Data) > 1000 {
			name = m.Name
		}
	}
	return inner, name
}

// npzWeights is the good file with another array of weights.
func npzWeights(t testing.TB, npy []byte) []byte {
	inner, name := npzMembers(t)
	npz := Zip(Replace(inner, name, npy)...)
	return Zip(Replace(Unzip(seed(t, "keras3/container_keras_npz_rnn_keras3.npzweights.keras")), "model.weights.npz", npz)...)
}

// pickled is an array of an object, which a program makes.
func pickled(code string) []byte {
	head := "\x93NUMPY\x01\x00\x76\x00" + "{'descr': '|O', 'fortran_order': False, 'shape': (), }"
	head += strings.Repeat(" ", 10+0x76-len(head)-1) + "\n"
	return []byte(head + "\x80\x04" + code)
}

// searched is a dict of n variables, in each of which thousands of values are
// looked through before its array is found.
func searched(n int) []byte {
	array := func(state string) string {
		return "cnumpy._core.multiarray\n_reconstruct\n)R(K\x01)cnumpy\ndtype\n(X\x02\x00\x00\x00f4tR\x89" + state + "tb"
	}
	values := "N" + strings.Repeat("q\x00h\x00h\x00\x87", 8) + "q\x010" + array("C\x04abcd") + "q\x020h\x01h\x02\x86q\x030X\x01\x00\x00\x00aq\x040"
	return pickled(values + array("]}("+strings.Repeat("h\x04h\x03", n)+"ua") + ".")
}
