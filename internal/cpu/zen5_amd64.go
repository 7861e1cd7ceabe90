//go:build !noasm

package cpu

func cpuid(leaf uint32) (eax, ebx, ecx, edx uint32)

// Zen5 reports whether the processor is of AMD's family 1Ah.
func Zen5() bool {
	_, ebx, ecx, edx := cpuid(0)
	amd := ebx == 0x68747541 && edx == 0x69746e65 && ecx == 0x444d4163 // AuthenticAMD
	eax, _, _, _ := cpuid(1)
	return amd && eax>>8&0xf+eax>>20&0xff == 0x1a
}
