package report

import (
	"fmt"
	"html"
	"strings"
)

// Measures of the chart, in pixels.
const (
	chartWidth = 900
	labelWidth = 330
	barHeight  = 16
	barGap     = 4
	jobGap     = 14
)

// Chart draws the seconds of each contender of the jobs that move the whole table, as SVG.
func Chart(all []Results) string {
	type bar struct {
		name    string
		seconds float64
		ours    bool
	}
	var body strings.Builder
	y := 0
	for _, r := range all {
		if r.Group == "scale" || r.Group == "overhead" {
			continue
		}
		for _, j := range r.Jobs {
			if j.Contenders[0].Name != Longshore {
				continue
			}
			var bars []bar
			longest := 0.0
			for _, c := range j.Contenders {
				took := c.Median(seconds)
				bars = append(bars, bar{c.Name, took, c.Name == Longshore})
				longest = max(longest, took)
			}
			y += jobGap + barHeight
			fmt.Fprintf(&body, `<text x="8" y="%d" class="job">%s</text>`+"\n", y, html.EscapeString(j.Name))
			for _, b := range bars {
				y += barHeight + barGap
				width := 1.0
				if longest > 0 {
					width = b.seconds / longest * (chartWidth - labelWidth - 90)
				}
				class := "theirs"
				if b.ours {
					class = "ours"
				}
				fmt.Fprintf(&body, `<text x="24" y="%d">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" class="%s"/><text x="%.1f" y="%d">%.2f s</text>`+"\n",
					y, html.EscapeString(b.name), labelWidth, y-barHeight+3, width, barHeight, class, labelWidth+width+6, y, b.seconds)
			}
		}
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">
<title>Seconds of each contender; shorter is faster</title>
<style>rect.ours{fill:#0b6e4f}rect.theirs{fill:#b8c4bb}.job{font-weight:bold}</style>
<rect width="100%%" height="100%%" fill="#ffffff"/>
%s</svg>
`, chartWidth, y+jobGap, body.String())
}
