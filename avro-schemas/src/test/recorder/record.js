// Records what each client writes: recorded.jsonl, unsupported.jsonl, partitions.json.
const fs = require('fs'), zlib = require('zlib'), avsc = require('avsc'), avroJs = require('avro-js'), avroTypes = require('@avro/types')
const { Partitioners } = require('kafkajs'), v0 = 'kafkajs/src/protocol/recordBatch/record/v0', kafkaEncode = require(v0)
const kafkaDecode = require(v0 + '/decoder'), Decoder = require('kafkajs/src/protocol/decoder')
const kcsr = require('@kafkajs/confluent-schema-registry'), confluent = require('@confluentinc/schemaregistry')
const { server, register, all } = require('./registry'), cases = require('./cases')
const save = (file, lines) => fs.writeFileSync(file, lines.map(l => JSON.stringify(l) + '\n').join(''))
// Longs as BigInt, for times in nanoseconds: JavaScript's numbers are exact up to 2^53 only.
const bigLong = { fromBuffer: b => b.readBigInt64LE(), toBuffer: n => Buffer.from(new BigInt64Array([n]).buffer), fromJSON: BigInt,
  toJSON: Number, isValid: n => typeof n === 'bigint', compare: (a, b) => Number(a - b) }
const options = (c, { LongType } = avsc.types) => c.big && { typeHook: s => (s.type || s) === 'long' ? (LongType.__with || LongType.using)(bigLong) : undefined }

// What a script hands to its Avro library: bytes for a decimal, a number for a time. With wrap, {"string": "C"} in a union.
function raw(type, v, c, wrap) {
  if (Array.isArray(type)) return v === null || !wrap ? v : { [type[1]]: v }
  if (type.logicalType === 'decimal') {
    let n = BigInt(v.replace('.', '')), size = c.pad || 1
    while (BigInt.asIntN(8 * size, n) !== n) size++
    return Buffer.from(BigInt.asUintN(8 * size, n).toString(16).padStart(2 * size, '0'), 'hex')
  }
  if (!type.logicalType) return v
  const [seconds, digits] = v.replace('Z', '').split('.'), n = BigInt(Date.parse(seconds + 'Z') / 1000) * 10n ** BigInt(digits.length) + BigInt(digits)
  return c.big ? n : Number(n)
}
function input(c, wrap, fields = c.schema.fields, v = c.value) {
  return Object.fromEntries(fields.filter(f => f.name !== c.omit).map(f => [f.name,
    f.name === 'place' ? input(c, wrap, c.references[0].schema.fields, v.place) : raw(f.type, v[f.name], c, wrap)]))
}
const keyOf = ({ value }) => (value ? value.sensor || value.customer : 'sensor-1')
const url = () => `http://127.0.0.1:${server.address().port}`
const text = c => ({ schema: JSON.stringify(c.schema), references: c.references?.map(({ schema, ...ref }) => ref) })
const library = (parse, types, method, wrap) => (c, { id }) => { // a bare Avro library; the five bytes before its own are this script's
  const opts = { registry: {}, ...options(c, types) }, head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  c.references?.forEach(r => parse(r.schema, opts))
  return Buffer.concat([head, parse(c.writeWith || c.schema, opts)[method](input(c, wrap))])
}
const serializer = (conf, kind = 'VALUE') =>
  new confluent.AvroSerializer(new confluent.SchemaRegistryClient({ baseURLs: [url()] }), confluent.SerdeType[kind], conf)
const clients = {
  'avsc': library(avsc.Type.forSchema, avsc.types, 'toBuffer'),
  'avro-js': library(avroJs.parse, avroJs.types, 'toBuffer', true),
  '@avro/types': library(avroTypes.Type.forSchema, avroTypes, 'binaryEncode'),
  '@kafkajs/confluent-schema-registry': async c => {
    const registry = new kcsr.SchemaRegistry({ host: url(), retry: { retries: 0 } }, { AVRO: options(c) })
    return registry.encode((await registry.register({ type: 'AVRO', ...text(c) }, { subject: c.case + '-value' })).id, input(c))
  },
  '@confluentinc/schemaregistry': c => serializer({ useLatestVersion: true, ...options(c) }).serialize(c.case, input(c)),
  'avro-schema-registry': c => require('avro-schema-registry')(url() + '/').encodeMessage(c.case, c.schema, input(c), options(c)),
  '@ovotech/avro-kafkajs': c => new (require('@ovotech/avro-kafkajs').SchemaRegistry)({ uri: url(), options: options(c) })
    .encode({ topic: c.case, schemaType: 'value', schema: c.schema, value: input(c) }),
  '@platformatic/kafka': async c => {
    const { id } = register(c.case + '-value', { ...text(c), schemaType: 'AVRO' }) // an answer without schemaType is lost on this client
    const registry = new (await import('@platformatic/kafka')).ConfluentSchemaRegistry({ url: url() })
    await new Promise((ok, no) => registry.fetchSchema(id, e => (e ? no(e) : ok())))
    return registry.getSerializers().value(input(c), undefined, { metadata: { schemas: { value: id } } })
  },
}
const recorded = [], unsupported = []
function keep(client, c, message) { // the bytes as kafkajs' own record encoder lays them out
  const bytes = new Decoder(kafkaEncode(message).buffer), batch = { firstOffset: '0', firstTimestamp: '0', magicByte: 2 }
  const { key, value, headers } = (bytes.readVarInt(), kafkaDecode(bytes, batch)) // first the record's length
  const hex = bytes => bytes && bytes.toString('hex'), { version } = JSON.parse(fs.readFileSync(`node_modules/${client}/package.json`))
  recorded.push({ client: `${client} ${version}`, case: c.case, writerSchema: c.schema, references: c.references, guid: c.guid, keySchema: c.keySchema,
    valueHex: hex(value), headersHex: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, hex(v)])), keyHex: hex(key),
    expectedKey: keyOf(c), expected: c.value, note: c.note })
}
async function more() { // keys in Avro, GUIDs in headers, a schema that the client makes up, a tombstone
  const c = cases[0], keySchema = 'string', keyEntry = register('reading-key', { schema: '"string"' }), name = '@confluentinc/schemaregistry'
  const conf = { useLatestVersion: true }, inHeader = { ...conf, schemaIdSerializer: confluent.HeaderSchemaIdSerializer }, headers = {}
  const key = await serializer(inHeader, 'KEY').serialize('reading', 'sensor-1', headers)
  const value = await serializer(inHeader).serialize('reading', input(c), headers)
  keep(name, { ...c, case: 'guid-in-headers', keySchema, guid: { key: keyEntry.guid, value: all.find(e => e.subject === 'reading-value').guid } }, { key, value, headers })
  const own = await serializer({ autoRegisterSchemas: true }).serialize('made-up', { ...input(c), unit: 'K' })
  keep(name, { case: 'schema-made-up', schema: JSON.parse(all.at(-1).schema), value: { ...c.value, unit: 'K', at: Math.fround(input(c).at) },
    note: 'The client took "at" for a float: the time is off by up to 65 s.' }, { key: 'sensor-1', value: own })
  keep(name, { ...c, case: 'key-in-avro', keySchema }, { key: await serializer(conf, 'KEY').serialize('reading', 'sensor-1'), value: await clients[name](c) })
  keep('kafkajs', { ...c, case: 'tombstone', value: null }, { key: 'sensor-1', value: null })
}
function partitions(count) {
  const choose = partitioner => key => partitioner()({ topic: 't', partitionMetadata: Array(count).fill({}), message: { key } })
  const ways = { 'kafkajs DefaultPartitioner': choose(Partitioners.DefaultPartitioner), 'kafkajs LegacyPartitioner': choose(Partitioners.LegacyPartitioner),
    'librdkafka consistent_random': key => zlib.crc32(key) % count }
  return { partitions: count, ...Object.fromEntries(Object.entries(ways).map(([way, of]) => [way, [...Array(10).keys()].map(n => of('sensor-' + n))])) }
}
server.listen(0, '127.0.0.1', async () => {
  for (const c of cases) for (const [client, write] of Object.entries(clients)) try {
    c.references?.forEach(r => register(r.subject, { schema: JSON.stringify(r.schema) }))
    keep(client, c, { key: keyOf(c), value: await write(c, register(c.case + '-value', text(c))) })
  } catch (e) { unsupported.push({ client, case: c.case, error: e.message.slice(0, 120) }) }
  await more()
  save('recorded.jsonl', recorded), save('unsupported.jsonl', unsupported)
  fs.writeFileSync('partitions.json', JSON.stringify([4, 6].map(partitions))), server.close()
})
