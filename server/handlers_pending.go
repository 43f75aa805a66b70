package server

// Operations that are not served yet.

func putReviewer(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getReviewer(*call) answer { return refuse(&problem{code: codeNotReady}) }

func deleteReviewer(*call) answer { return refuse(&problem{code: codeNotReady}) }

func listReviewers(*call) answer { return refuse(&problem{code: codeNotReady}) }

func putCase(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getCase(*call) answer { return refuse(&problem{code: codeNotReady}) }

func importLines(*call) answer { return refuse(&problem{code: codeNotReady}) }

func lookupCases(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getMe(*call) answer { return refuse(&problem{code: codeNotReady}) }

func putMe(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getAvailability(*call) answer { return refuse(&problem{code: codeNotReady}) }

func searchWeek(*call) answer { return refuse(&problem{code: codeNotReady}) }

func searchEarliest(*call) answer { return refuse(&problem{code: codeNotReady}) }

func createHold(*call) answer { return refuse(&problem{code: codeNotReady}) }

func deleteHold(*call) answer { return refuse(&problem{code: codeNotReady}) }

func createAppointment(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getAppointment(*call) answer { return refuse(&problem{code: codeNotReady}) }

func listAppointments(*call) answer { return refuse(&problem{code: codeNotReady}) }

func getCalendarFile(*call) answer { return refuse(&problem{code: codeNotReady}) }

func rescheduleAppointment(*call) answer { return refuse(&problem{code: codeNotReady}) }

func cancelAppointment(*call) answer { return refuse(&problem{code: codeNotReady}) }
