package importer

var attentionLayers = []row{}
