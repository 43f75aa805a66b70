package demo

// field is a branch of medicine as a vendor staffs it: who reviews what.
type field struct {
	specialties []string // NUCC codes; the first is the one that typically manages the condition
	programs    []string
	codes       []string // procedures under review
	credential  string   // of its reviewers; "" = MD, some DO
	modalities  []string // of the procedures, code by code; nil = none is named
	drugs       []string // who gives the drugs, code by code; nil = no drugs
}

var fields = []field{
	{specialties: []string{"207XS0117X", "207T00000X", "207X00000X"}, programs: []string{"msk-spine-surgery", "msk"}, codes: []string{"22551", "22612", "63047"}},
	{specialties: []string{"207X00000X", "207XS0114X", "207XX0005X", "207XX0801X"}, programs: []string{"msk-joint-surgery", "msk"}, codes: []string{"27447", "27130", "29827"}},
	{specialties: []string{"208100000X"}, programs: []string{"physical-medicine", "msk"}, codes: []string{"97110", "97140"}},
	{specialties: []string{"208VP0014X", "207LP2900X", "2081P2900X", "207L00000X"}, programs: []string{"ipm"}, codes: []string{"62323", "64483", "64635"}},
	{specialties: []string{"207RC0000X", "207RI0011X", "207RC0001X"}, programs: []string{"cardiac", "radiology-cardiology"}, codes: []string{"78452", "93458"}},
	{
		specialties: []string{"2085R0202X", "2085N0700X"}, programs: []string{"advanced-imaging", "radiology-cardiology"},
		codes: []string{"72148", "70553", "74177"}, modalities: []string{"mri", "mri", "ct"},
	},
	{specialties: []string{"2085R0001X"}, programs: []string{"radiation-oncology"}, codes: []string{"77385", "77435"}},
	{
		specialties: []string{"207RH0003X", "207RX0202X"}, programs: []string{"medical-oncology", "specialty-drugs"},
		codes: []string{"J9035", "J9271"}, drugs: []string{administered, administered},
	},
	{specialties: []string{"207RG0100X"}, programs: []string{"gastroenterology"}, codes: []string{"91110", "43239"}},
	{specialties: []string{"207RS0012X", "2084S0012X", "207RP1001X"}, programs: []string{"sleep", "dme"}, codes: []string{"95810", "E0601"}},
	{specialties: []string{"207Q00000X", "207R00000X"}, programs: []string{"lab", "dme", "medication"}, codes: []string{"81455", "E0601"}},
	{
		specialties: []string{"207RR0500X", "207R00000X"}, programs: []string{"medication", "specialty-drugs"},
		codes: []string{"J1745", "J0717", "J0135"}, drugs: []string{administered, administered, retail},
	},
	{
		specialties: []string{"1835P0018X", "183500000X"}, programs: []string{"medication", "specialty-drugs"}, credential: "PharmD",
		codes: []string{"J1745", "J3380", "J0135"}, drugs: []string{administered, administered, retail},
	},
	{specialties: []string{"225100000X", "2251X0800X"}, programs: []string{"physical-medicine"}, credential: "PT", codes: []string{"97110", "97140"}},
}

// Who gives a drug.
const (
	administered = "provider_administered"
	retail       = "retail"
)

// system is what one health plan, or one way in which it holds calls, brings to
// the demo.
type system struct {
	plan     string
	programs []string // nil = any
	origin   string   // who wants the call, where it is the payer's order; "" = nothing is said
}

// systems are the five health plans and one without rows of its own. A case takes
// them in turn, so a plan that stands here more often has more cases.
var systems = []system{
	{plan: "hne"},
	{plan: "evolent", programs: []string{"advanced-imaging", "cardiac", "ipm"}},
	{plan: "asuris", programs: []string{"msk-spine-surgery", "msk-joint-surgery", "gastroenterology", "sleep", "medical-oncology"}},
	{plan: "magellan", programs: []string{"physical-medicine", "msk"}},
	{plan: "hne"},
	{plan: "claims-eval", origin: "payer_required"},
	{plan: "evolent", programs: []string{"physical-medicine", "msk", "msk-spine-surgery", "msk-joint-surgery", "radiation-oncology"}},
	{plan: "northern-mutual"},
	{plan: "hne"},
	{plan: "magellan", programs: []string{"advanced-imaging", "cardiac", "ipm"}},
	{plan: "asuris", programs: []string{"medication", "specialty-drugs"}},
	{plan: "hne"},
	{plan: "claims-eval", origin: "provider_requested"},
}

// onCall are the programs whose calls are put through at once: some of their
// reviewers work in shifts around the clock, every day.
var onCall = []string{"advanced-imaging", "cardiac", "ipm"}

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

// memberStates weighs towards the plans' home and towards Texas, and holds every
// state whose rows are in force, so that their rules can be seen.
var memberStates = []place{
	{"MA", "US/Eastern", "413"}, {"MA", "US/Eastern", "413"}, {"CT", "US/Eastern", "860"},
	{"TX", "US/Central", "512"}, {"TX", "US/Central", "713"}, {"TX", "US/Mountain", "915"},
	{"OH", "US/Eastern", "614"}, {"OH", "US/Eastern", "216"}, {"IN", "America/Indiana/Indianapolis", "317"},
	{"MO", "US/Central", "314"}, {"MS", "US/Central", "601"}, {"AR", "US/Central", "501"}, {"IL", "US/Central", "312"},
	{"IL", "US/Central", "217"}, {"KY", "US/Eastern", "502"}, {"LA", "US/Central", "504"}, {"NE", "US/Central", "402"},
	{"NJ", "US/Eastern", "201"}, {"OK", "US/Central", "405"}, {"TN", "US/Central", "615"}, {"VA", "US/Eastern", "804"},
	{"NY", "US/Eastern", "212"}, {"FL", "US/Eastern", "305"}, {"WA", "US/Pacific", "206"}, {"WA", "US/Pacific", "509"},
	{"AZ", "America/Phoenix", "602"}, {"CA", "US/Pacific", "213"},
}

var allStates = []string{
	"AL", "AR", "AR", "AZ", "CA", "CO", "CT", "FL", "GA", "IA", "IL", "IN", "KS", "KY", "LA", "MA", "MD", "MI", "MN", "MO", "MS",
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
