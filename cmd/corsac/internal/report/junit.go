package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/junit"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// junitForm writes JUnit XML: a suite per group, and a test per case. A case
// with an error is a failure; one that nothing is known about was skipped.
func junitForm(w io.Writer, d *Document) error {
	suites := junit.Testsuites{Name: d.Command}
	for i := 0; i < len(d.Cases); {
		suite := junit.Testsuite{Name: clean(d.Cases[i].Group), ID: len(suites.Suites)}
		var took time.Duration
		for group := d.Cases[i].Group; i < len(d.Cases) && d.Cases[i].Group == group; i++ {
			suite.AddTestcase(testcase(d, &d.Cases[i]))
			took += d.Cases[i].Duration
		}
		suite.Time = seconds(took)
		suites.AddSuite(suite)
	}
	if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"); err != nil {
		return err
	}
	return suites.WriteXML(w)
}

func testcase(d *Document, c *finding.Case) junit.Testcase {
	test := junit.Testcase{Name: clean(c.Name), Classname: strings.ReplaceAll(d.Command, " ", "."), Time: seconds(c.Duration)}
	if c.Skipped != "" {
		test.Skipped = &junit.Result{Message: clean(c.Skipped)}
		return test
	}
	if c.Because != "" {
		test.Skipped = &junit.Result{Message: "fails because of " + clean(c.Because)}
		return test
	}
	var texts []string
	for i := range c.Findings {
		texts = append(texts, clean(prose(&c.Findings[i])))
	}
	switch text := strings.Join(texts, "\n\n"); {
	case c.Failed():
		test.Failure = &junit.Result{Message: clean(c.First().Title), Type: c.First().Cause, Data: text}
	case text != "":
		test.SystemOut = &junit.Output{Data: text}
	}
	return test
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
