package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

var _ = register(&Stack{
	Name: "s3", Aliases: []string{"aws-s3"}, Title: "Amazon S3", Layer: Storage,
	Holds: Preflights | Quiet,
	Proof: Schema,
	Why:   "One rule: S3 uses the first that matches. It knows GET, HEAD, PUT, POST and DELETE, and one * per origin, which also crosses dots. There is no switch for credentials; S3 sends the header by itself unless the origin is *.",
	Signs: []Sign{
		header(finding.Certain, "Server", "AmazonS3"),
		trait(finding.Likely, "X-Amz-Id-2 with X-Amz-Request-Id", func(s *Seen) bool { return !s.lacks("X-Amz-Id-2") && !s.lacks("X-Amz-Request-Id") }),
		body(finding.Likely, "<Code>AccessForbidden</Code><Message>CORSResponse:"),
		body(finding.Possible, "<Error><Code>AccessDenied</Code>"),
	},
	Projects: []Project{{File: "*.y*ml", Contains: "AWS::S3::Bucket", Sure: finding.Likely}, {File: "*.tf", Contains: `"aws_s3_bucket`, Sure: finding.Likely}},
	Source:   s3Source,
	Snippet:  s3Snippet,
	Forms:    []Form{{"xml", s3XML}, {"terraform", s3Terraform}},
	Advice:   storageAdvice("bucket"),
})

// s3Rule returns the rule of a bucket.
func s3Rule(p *cors.Policy) (*bucketRule, *plan) {
	rule, d := bucketRuleFor(p, "S3", canSubdomains|canPorts)
	rule.AllowedOrigins = oneStar(d)
	return rule, d
}

func s3Snippet(p *cors.Policy) Snippet {
	rule, d := s3Rule(p)
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

// s3XML returns the rule as the API of S3 and its imitations take it.
func s3XML(p *cors.Policy) Snippet {
	rule, d := s3Rule(p)
	var c code
	each := func(name string, values []string) {
		for _, v := range values {
			c.line("    <%s>%s</%[1]s>", name, xmlText(v))
		}
	}
	c.line(`<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
	c.line("  <CORSRule>")
	each("AllowedOrigin", rule.AllowedOrigins)
	each("AllowedMethod", rule.AllowedMethods)
	each("AllowedHeader", rule.AllowedHeaders)
	each("ExposeHeader", rule.ExposeHeaders)
	c.when(d.maxAge != "", "    <MaxAgeSeconds>%s</MaxAgeSeconds>", d.maxAge)
	c.line("  </CORSRule>")
	c.line("</CORSConfiguration>")
	return Snippet{File: "cors.xml", Place: "the body of PUT /?cors, as in s3cmd setcors cors.xml s3://NAME", Code: c.lines(), Shortfall: d.Shortfall}
}

// s3Terraform returns the rule as a resource of Terraform.
func s3Terraform(p *cors.Policy) Snippet {
	rule, d := s3Rule(p)
	var c code
	each := func(name string, values []string) {
		c.when(len(values) > 0, "    %s = [%s]", name, list(hclString, values...))
	}
	c.line(`resource "aws_s3_bucket_cors_configuration" "cors" {`)
	c.line("  bucket = aws_s3_bucket.NAME.id")
	c.line("")
	c.line("  cors_rule {")
	each("allowed_origins", rule.AllowedOrigins)
	each("allowed_methods", rule.AllowedMethods)
	each("allowed_headers", rule.AllowedHeaders)
	each("expose_headers ", rule.ExposeHeaders)
	c.when(d.maxAge != "", "    max_age_seconds = %s", d.maxAge)
	c.line("  }")
	c.line("}")
	return Snippet{File: "cors.tf", Place: "beside the bucket, with its name for NAME", Code: c.lines(), Shortfall: d.Shortfall}
}
