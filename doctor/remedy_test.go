package doctor

import (
	"context"
	"testing"

	"parley/locale"
)

// TestARemedyStartsTheServerThatWasExamined: pasted without the flags, it would start another one.
func TestARemedyStartsTheServerThatWasExamined(t *testing.T) {
	c := Check{run: func(context.Context, *Examination) []Finding {
		return []Finding{warning(locale.Text{EN: "low"}).cure(locale.Text{
			EN: "ulimit -n 9 && parley serve  # or so", ZH: "ulimit -n 9 && parley serve  # 等",
		})}
	}}
	e := &Examination{Subject: Subject{Serve: "parley serve --data 'my room' --listen :9"}}
	remedy := e.Run(t.Context(), c)[0].Remedy
	const want = "ulimit -n 9 && parley serve --data 'my room' --listen :9  # "
	if remedy.EN != want+"or so" || remedy.ZH != want+"等" {
		t.Errorf("%+v", remedy)
	}
}
