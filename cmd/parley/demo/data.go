package demo

// field is a branch of medicine as a vendor staffs it: who reviews what.
type field struct {
	specialties []string // NUCC codes
	programs    []string
	codes       []string // procedures under review
}

var fields = []field{
	{[]string{"207XS0117X", "207T00000X", "207X00000X"}, []string{"msk-spine-surgery", "msk"}, []string{"22551", "22612", "63047"}},
	{[]string{"207X00000X", "207XS0114X", "207XX0005X", "207XX0801X"}, []string{"msk-joint-surgery", "msk"}, []string{"27447", "27130", "29827"}},
	{[]string{"208100000X"}, []string{"physical-medicine", "msk"}, []string{"97110", "97140"}},
	{[]string{"208VP0014X", "207LP2900X", "2081P2900X", "207L00000X"}, []string{"ipm"}, []string{"62323", "64483", "64635"}},
	{[]string{"207RC0000X", "207RI0011X", "207RC0001X"}, []string{"cardiac", "radiology-cardiology"}, []string{"78452", "93458"}},
	{[]string{"2085R0202X", "2085N0700X"}, []string{"advanced-imaging", "radiology-cardiology"}, []string{"72148", "70553", "74177"}},
	{[]string{"2085R0001X"}, []string{"radiation-oncology"}, []string{"77385", "77435"}},
	{[]string{"207RH0003X", "207RX0202X"}, []string{"medical-oncology", "specialty-drugs"}, []string{"96413", "J9271"}},
	{[]string{"207RG0100X"}, []string{"gastroenterology"}, []string{"91110", "43239"}},
	{[]string{"207RS0012X", "2084S0012X", "207RP1001X"}, []string{"sleep", "dme"}, []string{"95810", "E0601"}},
	{[]string{"207Q00000X", "207R00000X"}, []string{"medication", "lab", "dme"}, []string{"81455", "J1745"}},
}

// place is a state with one of its zones and an area code.
type place struct{ state, zone, area string }

var homeStates = []place{
	{"NY", "America/New_York", "212"}, {"MA", "America/New_York", "413"}, {"FL", "America/New_York", "305"},
	{"OH", "America/New_York", "614"}, {"GA", "America/New_York", "404"}, {"PA", "America/New_York", "215"},
	{"TX", "America/Chicago", "512"}, {"IL", "America/Chicago", "312"}, {"TN", "America/Chicago", "615"},
	{"MN", "America/Chicago", "612"}, {"CO", "America/Denver", "303"}, {"UT", "America/Denver", "801"},
	{"AZ", "America/Phoenix", "602"}, {"CA", "America/Los_Angeles", "213"}, {"WA", "America/Los_Angeles", "206"},
	{"HI", "Pacific/Honolulu", "808"},
}

// memberStates weighs towards the plans' home and towards Texas, whose rules
// the demo should show.
var memberStates = []place{
	{"MA", "US/Eastern", "413"}, {"MA", "US/Eastern", "413"}, {"CT", "US/Eastern", "860"},
	{"TX", "US/Central", "512"}, {"TX", "US/Central", "713"}, {"TX", "US/Mountain", "915"},
	{"OH", "US/Eastern", "614"}, {"NY", "US/Eastern", "212"}, {"FL", "US/Eastern", "305"},
	{"IL", "US/Central", "312"}, {"AZ", "America/Phoenix", "602"}, {"CA", "US/Pacific", "213"},
}

var allStates = []string{
	"AL", "AR", "AZ", "CA", "CO", "CT", "FL", "GA", "IA", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "MI", "MN",
	"MO", "MS", "NC", "NE", "NH", "NJ", "NM", "NV", "NY", "OH", "OK", "OR", "PA", "RI", "SC", "TN", "TX", "UT", "VA", "WA", "WI",
}

var (
	lines  = []string{"commercial", "commercial", "commercial", "exchange", "self_funded", "medicaid", "medicare_advantage"}
	levels = []string{"initial", "reconsideration", "reconsideration", "reconsideration", "appeal"}
)

var firstNames = []string{
	"Avery", "Blair", "Cameron", "Dana", "Eden", "Finley", "Gray", "Harper", "Indigo", "Jordan", "Kendall", "Logan",
	"Morgan", "Noel", "Oakley", "Parker", "Quinn", "Reese", "Sage", "Taylor", "Umber", "Val", "Wren", "Yael", "Zion",
	"Alma", "Bruno", "Clara", "Dario", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Katya", "Leon", "Mira",
}

var lastNames = []string{
	"Abara", "Bellweather", "Castellan", "Dunmore", "Eastgate", "Fairbairn", "Greenhow", "Hallworth", "Ivers",
	"Jarrow", "Kessling", "Larkspur", "Merrow", "Northam", "Okonedo", "Pemberly", "Quillfeather", "Rosendale",
	"Silverton", "Thornbury", "Underhill", "Vasquarez", "Winterbourne", "Yardley", "Zellweger-Ruiz", "Ashgrove",
	"Brightwater", "Coldstream", "Driftwood", "Elmhurst", "Foxglove", "Goldcrest", "Hawthorne-Lee",
}
