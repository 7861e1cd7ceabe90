package hostile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// KGO is a .kgo taken apart: the header as JSON, the graph within it as JSON of
// its own, and the data.
type KGO struct {
	Header map[string]any
	Meta   map[string]any
	Graph  map[string]any
	Data   []byte
}

// SplitKGO takes a good file apart.
func SplitKGO(b []byte) *KGO {
	n := le.Uint64(b)
	k := &KGO{Data: b[8+n:]}
	if err := json.Unmarshal(b[8:8+n], &k.Header); err != nil {
		panic(err)
	}
	k.Meta = k.Header["__metadata__"].(map[string]any)
	if err := json.Unmarshal([]byte(k.Meta["kerasgo.graph"].(string)), &k.Graph); err != nil {
		panic(err)
	}
	return k
}

// Join writes it, with a right digest.
func (k *KGO) Join() []byte {
	if k.Graph != nil {
		k.Meta["kerasgo.graph"] = text(k.Graph)
	}
	sum := sha256.Sum256(k.Data)
	k.Meta["kerasgo.sha256"] = hex.EncodeToString(sum[:])
	rest := map[string]any{}
	for name, t := range k.Header {
		if name != "__metadata__" {
			rest[name] = t
		}
	}
	// A .kgo is told by the order of its keys.
	header := `{"__metadata__":{"kerasgo.version":` + text(k.Meta["kerasgo.version"])
	for _, key := range []string{"kerasgo.source", "kerasgo.weights", "kerasgo.sha256", "kerasgo.graph"} {
		if v, ok := k.Meta[key]; ok {
			header += "," + text(key) + ":" + text(v)
		}
	}
	header += "}"
	if len(rest) > 0 {
		header += "," + text(rest)[1:]
	} else {
		header += "}"
	}
	for (len(header)+8)%64 != 0 {
		header += " "
	}
	return JoinHeader(header, k.Data)
}

// JoinHeader writes any header over any data.
func JoinHeader(header string, data []byte) []byte {
	out := le.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
