package def

// Project is everything that a project folder defines. It is complete and
// consistent: every name that a definition mentions exists. Do not change it.
type Project struct {
	Settings    Settings               `json:"settings"`
	Connections map[string]*Connection `json:"connections"`
	Datasources map[string]*Datasource `json:"datasources"`
	Models      map[string]*Model      `json:"models"`
	Syncs       map[string]*Sync       `json:"syncs"`
}
