package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "s3", Aliases: []string{"aws-s3"}, Title: "Amazon S3", Layer: Storage,
	Holds: Preflights | Quiet,
	Why:   "One rule: S3 uses the first that matches. It knows GET, HEAD, PUT, POST and DELETE, and one * per origin, which also crosses dots. There is no switch for credentials; S3 sends the header by itself unless the origin is *.",
	Signs: []Sign{
		header(finding.Certain, "Server", "AmazonS3"),
		trait(finding.Likely, "X-Amz-Id-2 with X-Amz-Request-Id", func(s *Seen) bool { return !s.lacks("X-Amz-Id-2") && !s.lacks("X-Amz-Request-Id") }),
		body(finding.Likely, "<Code>AccessForbidden</Code><Message>CORSResponse:"),
		body(finding.Possible, "<Error><Code>AccessDenied</Code>"),
	},
	Projects: []Project{{File: "*.y*ml", Contains: "AWS::S3::Bucket", Sure: finding.Likely}, {File: "*.tf", Contains: `"aws_s3_bucket`, Sure: finding.Likely}},
	Snippet:  s3Snippet,
	Advice:   storageAdvice("bucket"),
})

func s3Snippet(p *cors.Policy) Snippet {
	rule, d := bucketRuleFor(p, "S3", canSubdomains|canPorts)
	rule.AllowedOrigins = oneStar(d)
	return Snippet{
		File:  "cors.json",
		Place: "then run: aws s3api put-bucket-cors --bucket NAME --cors-configuration file://cors.json; the console wants only the list in the square brackets",
		Code:  jsonLines(struct{ CORSRules []*bucketRule }{[]*bucketRule{rule}}), Shortfall: d.Shortfall,
	}
}

// oneStar returns origins of which each has at most one *, which stands for any
// text, and cannot stand for none before a colon.
func oneStar(d *plan) []string {
	list := append([]string{}, d.origins()...)
	for _, p := range d.patterns {
		if p.Subdomains() && p.AnyPort() {
			list = append(list, exampleOf(p))
			d.cannot(insteadEnumerate, "cannot match %s; %s stands for it, so list each origin that you use.", p, exampleOf(p))
			continue
		}
		if s, ok := strings.CutSuffix(p.String(), ":*"); ok {
			list = append(list, s)
		}
		list = append(list, p.String())
	}
	return list
}
