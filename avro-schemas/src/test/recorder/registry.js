// A schema registry stub: register, look up, read by id, by GUID, by subject and version. It keeps what it is given.
const http = require('http'), crypto = require('crypto')
const all = []
function register(subject, { schema, references, schemaType }) {
  let entry = all.find(e => e.subject === subject && e.schema === schema)
  if (!entry) {
    const hash = crypto.createHash('md5').update(subject + schema).digest('hex') // a GUID that is the same in every run
    const guid = hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    all.push(entry = { subject, version: 1 + all.filter(e => e.subject === subject).length, id: 100001 + all.length, guid, schema, references })
  }
  return Object.assign(entry, schemaType && { schemaType })
}
function answer(method, path, body) {
  const [, kind, a, b, c] = path.split('?')[0].split('/').map(decodeURIComponent)
  if (kind === 'schemas') return all.find(e => (a === 'ids' ? e.id === +b : e.guid === b)) // /schemas/ids/1, /schemas/guids/x
  if (kind === 'config') return method === 'PUT' ? body : undefined
  const versions = all.filter(e => e.subject === a)
  if (method === 'POST') return b ? register(a, body) : versions.find(e => e.schema === body.schema) // /subjects/a: registered?
  return c === 'latest' ? versions.at(-1) : c ? versions[c - 1] : versions.map(e => e.version)
}
const server = http.createServer(async (req, res) => {
  const body = (await req.setEncoding('utf8').toArray()).join(''), found = answer(req.method, req.url, body && JSON.parse(body))
  res.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(found || { error_code: 40401, message: 'not found' }))
})
module.exports = { server, register, all }
