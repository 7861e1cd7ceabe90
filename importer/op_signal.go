package importer

var signalOps = []opRow{}
