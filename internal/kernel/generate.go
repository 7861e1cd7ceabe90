package kernel

//go:generate go run -C gen . -out ../kernels_amd64.s -stubs ../stubs_amd64.go -levels ../levels_amd64.go -pkg kernel
//go:generate go run -C gen ./arm64 -out ../kernels_arm64.s -stubs ../stubs_arm64.go
