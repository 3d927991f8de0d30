package finding

// The severities of what can be attacked, the worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
	Info     Severity = "info"
)

// Level returns the severity that formats with three levels have for s: Error,
// Warning or Note.
func Level(s Severity) Severity {
	switch s {
	case Critical, High:
		return Error
	case Medium, Low:
		return Warning
	case Info:
		return Note
	}
	return s
}
