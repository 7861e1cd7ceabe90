package importer

// legacyLayers are classes that Keras 3 no longer has.
var legacyLayers = []row{}
