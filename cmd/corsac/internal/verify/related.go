package verify

import "github.com/corsac-dev/corsac/cmd/corsac/internal/finding"

// duplicates is the rule that CORS headers are there once, and the cause of the
// verdicts on responses that break it.
const duplicates = "duplicate-acao"

// relate looks for cases that fail because of the same cause as a case of another
// rule, and makes one of them the violation: that of doubled headers, if the cause
// is that, or else the first. The others point to it. todo are the checks of the
// cases.
func relate(todo []trial, cases []finding.Case) {
	rules := map[string]*finding.Case{}
	for i := range cases {
		root := todo[i].root
		if cases[i].Rule == duplicates {
			root = duplicates
		}
		if c := &cases[i]; c.Failed() && root != "" && (rules[root] == nil || c.Rule == duplicates && rules[root].Rule != duplicates) {
			rules[root] = c
		}
	}
	for i := range cases {
		c := &cases[i]
		because := rules[todo[i].root]
		if !c.Failed() || because == nil || because.Rule == c.Rule {
			continue
		}
		c.Because = because.Rule
		f := &c.Findings[0]
		f.Severity, f.Evidence, f.Fix = finding.Note, nil, finding.Fix{}
		f.Why = "It fails for the same reason as another check: " + because.Findings[0].Title + "."
	}
}
