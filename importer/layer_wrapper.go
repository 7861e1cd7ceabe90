package importer

var wrapperLayers = []row{
	{class: "Bidirectional", lower: lowerBidirectional, mask: maskOwn, neutral: anyKeys("weights"), note: "all merge modes, another backward layer"},
	{class: "TimeDistributed", lower: lowerTimeDistributed, mask: maskOwn, note: "any layer or model"},
}
