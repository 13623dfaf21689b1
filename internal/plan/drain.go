package plan

import "time"

// Pace is what the recent runs of a datasource did together.
type Pace struct {
	Files int64
	Bytes int64         // of these, as stored
	Took  time.Duration // of all these runs, from their start to their end
}

// Drain returns how long it takes until so many waiting files of so many bytes
// are ingested, when a run takes perRun files and runs begin every so often:
//
//	runs  = files / perRun, rounded up
//	a run = what perRun files take at the pace of the recent runs, by their
//	        number or by their bytes, whichever takes longer
//	all   = runs × a run, this rounded up to a multiple of every
//
// With an every of zero a run begins as the one before ends. Without a pace a run
// is taken to fit into every; without both nobody knows, and ok is false. Files
// that arrive meanwhile are not foreseen.
func Drain(files, bytes int64, pace Pace, perRun int, every time.Duration) (all time.Duration, ok bool) {
	if files == 0 {
		return 0, true
	}
	if pace.Files == 0 && every == 0 || perRun <= 0 {
		return 0, false
	}
	share := min(int64(perRun), files)
	runs := (files + share - 1) / share
	one := scaled(pace.Took, share, pace.Files)
	one = max(one, scaled(pace.Took, bytes/runs, pace.Bytes))
	if every > 0 {
		one = max(every, (one + every - 1).Truncate(every))
	}
	return time.Duration(runs) * one, true
}

// scaled returns took × part / of, and nothing where of is none.
func scaled(took time.Duration, part, of int64) time.Duration {
	if of == 0 {
		return 0
	}
	return time.Duration(float64(took) * float64(part) / float64(of))
}
