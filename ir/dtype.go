package ir

import "fmt"

// DType is the element type of a value or tensor.
type DType uint8

// The dtypes. Invalid marks an absent optional input.
const (
	Invalid DType = iota
	Float32
	Float64
	Float16
	BFloat16
	Int8
	Uint8
	Int16
	Int32
	Int64
	Bool
	String
	Uint16
	Uint32
	Uint64
)

var dtypeNames = [...]string{
	Invalid: "invalid", Float32: "float32", Float64: "float64", Float16: "float16", BFloat16: "bfloat16",
	Int8: "int8", Uint8: "uint8", Int16: "int16", Int32: "int32", Int64: "int64", Bool: "bool", String: "string",
	Uint16: "uint16", Uint32: "uint32", Uint64: "uint64",
}

var dtypeSizes = [...]int{
	Float32: 4, Float64: 8, Float16: 2, BFloat16: 2, Int8: 1, Uint8: 1, Int16: 2, Int32: 4, Int64: 8, Bool: 1,
	String: 0, Uint16: 2, Uint32: 4, Uint64: 8,
}

func (d DType) String() string {
	if int(d) < len(dtypeNames) {
		return dtypeNames[d]
	}
	return fmt.Sprintf("dtype(%d)", uint8(d))
}

// Size is the bytes of one element; 0 for String and Invalid.
func (d DType) Size() int {
	if int(d) < len(dtypeSizes) {
		return dtypeSizes[d]
	}
	return 0
}

// IsFloat reports whether d is a floating-point type.
func (d DType) IsFloat() bool {
	return d == Float32 || d == Float64 || d == Float16 || d == BFloat16
}

// IsInt reports whether d is a signed or unsigned integer type.
func (d DType) IsInt() bool {
	switch d {
	case Int8, Uint8, Int16, Int32, Int64, Uint16, Uint32, Uint64:
		return true
	}
	return false
}

// ParseDType is the inverse of String, by Keras's and NumPy's names.
func ParseDType(name string) (DType, error) {
	for d, n := range dtypeNames {
		if n == name && DType(d) != Invalid {
			return DType(d), nil
		}
	}
	return Invalid, Errorf(ErrDType, "dtype %q is not known", name)
}

// MarshalText writes the dtype's name.
func (d DType) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a dtype's name.
func (d *DType) UnmarshalText(b []byte) error {
	v, err := ParseDType(string(b))
	if err != nil {
		return err
	}
	*d = v
	return nil
}
