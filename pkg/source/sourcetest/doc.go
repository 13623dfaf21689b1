// Package sourcetest is the conformance suite of the sources: what an export
// relies on, tried against a real server.
//
//	func TestConformance(t *testing.T) {
//		sourcetest.Run(t, sourcetest.Harness{Driver: Driver{}, Database: newDatabase, …})
//	}
//
// A driver that passes it may be put into package all.
package sourcetest
