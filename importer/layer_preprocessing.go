package importer

var preprocessingLayers = []row{}
