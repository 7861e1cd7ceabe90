//go:build !noasm

package cpu

func cpuid(leaf uint32) (eax, ebx, ecx, edx uint32)

// AMDFamily returns the family of AMD's processor, and 0 for another maker's.
func AMDFamily() int {
	_, ebx, ecx, edx := cpuid(0)
	if ebx != 0x68747541 || edx != 0x69746e65 || ecx != 0x444d4163 { // AuthenticAMD
		return 0
	}
	eax, _, _, _ := cpuid(1)
	return int(eax>>8&0xf + eax>>20&0xff)
}
