package importer

type tfRow struct{ names, op string }

func tfOps() []tfRow { return nil }
