package bench

// specialties are 120 NUCC codes of physicians: a broad mix, not the whole code set.
var specialties = [120]string{
	"204C00000X", "204D00000X", "204F00000X", "207K00000X", "207KI0005X", "207LA0401X", "207LH0002X", "207LP3000X",
	"207N00000X", "207ND0900X", "207NP0225X", "207P00000X", "207PE0005X", "207PP0204X", "207PT0002X", "207QA0000X",
	"207QA0505X", "207QB0505X", "207QG0300X", "207QP0002X", "207QS1201X", "207R00000X", "207RA0001X", "207RA0201X",
	"207RB0002X", "207RC0001X", "207RE0101X", "207RG0300X", "207RH0002X", "207RH0005X", "207RI0008X", "207RI0200X",
	"207RN0300X", "207RP1002X", "207RS0010X", "207RT0003X", "207SC0300X", "207SG0202X", "207SG0205X", "207SM0001X",
	"207U00000X", "207UN0901X", "207UN0903X", "207VB0002X", "207VC0300X", "207VF0040X", "207VH0002X", "207VX0000X",
	"207W00000X", "207WX0107X", "207WX0109X", "207WX0120X", "207X00000X", "207XS0106X", "207XS0117X", "207XX0005X",
	"207Y00000X", "207YS0012X", "207YX0007X", "207YX0901X", "207ZB0001X", "207ZC0006X", "207ZC0500X", "207ZF0201X",
	"207ZI0100X", "207ZN0500X", "207ZP0101X", "207ZP0104X", "207ZP0213X", "2080A0000X", "2080C0008X", "2080I0007X",
	"2080P0006X", "2080P0201X", "2080P0203X", "2080P0205X", "2080P0207X", "2080P0210X", "2080P0216X", "2080S0010X",
	"2080T0002X", "2080T0004X", "2081H0002X", "2081P0004X", "2081P0301X", "2081S0010X", "2082S0099X", "2083A0100X",
	"2083B0002X", "2083P0011X", "2083P0901X", "2083T0002X", "2084A0401X", "2084B0002X", "2084D0003X", "2084F0202X",
	"2084N0008X", "2084N0402X", "2084P0005X", "2084P0301X", "2084P0802X", "2084P0804X", "2084P2900X", "2084S0012X",
	"2085B0100X", "2085H0002X", "2085N0904X", "2085R0001X", "2085R0203X", "2085R0205X", "208600000X", "2086P0122X",
	"2086S0105X", "2086S0122X", "2086S0129X", "208800000X", "2088P0231X", "208D00000X", "208M00000X", "208VP0000X",
}

// programs are the case types that reviewers are trained for; a specialty's
// cases belong to the program at its number modulo the count.
var programs = []string{
	"advanced-imaging", "cardiac", "ipm", "physical-medicine", "msk", "msk-spine-surgery", "msk-joint-surgery",
	"radiation-oncology", "radiology-cardiology", "sleep", "dme", "gastroenterology", "lab", "medical-oncology",
	"specialty-drugs", "medication",
}

var states = []string{
	"AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY", "LA", "ME",
	"MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA",
	"RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
}

var zones = []string{
	"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu",
}
