package dev.kappa.benchmarks.spark;

import static org.apache.spark.sql.avro.functions.from_avro;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.unix_millis;
import static org.apache.spark.sql.functions.window;

import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;

/**
 * The job as a user of Structured Streaming writes it, with state in RocksDB and its changelog in checkpoints. Of history it
 * reads what is there and ends; live it goes on, a batch after the other. Its state is exactly once; Spark's sink of Kafka writes at least once, and a count that is written twice is the
 * same. Campaigns are looked up in a table that is read at the start, which is less work than to join a stream.
 */
public final class SparkPeer {

    private static final int THREADS = 2;

    /** A sign and a schema's number stand before what Avro writes. */
    private static final int BEFORE_AVRO = 5;

    private SparkPeer() {}

    /**
     * Entry point.
     *
     * @param args broker, registry, output topic, directory, {@code history} or {@code live}
     */
    public static void main(String[] args) throws Exception {
        String kafka = args[0];
        String output = args[2];
        Path directory = Path.of(args[3]);
        SparkSession spark = SparkSession.builder()
                .appName(output)
                .master("local[" + THREADS + "]")
                .config("spark.ui.enabled", "false")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.shuffle.partitions", THREADS)
                .config("spark.local.dir", directory.resolve("local").toString())
                .config(
                        "spark.sql.warehouse.dir",
                        directory.resolve("warehouse").toString())
                .config(
                        "spark.sql.streaming.stateStore.providerClass",
                        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider")
                .config("spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled", "true")
                .getOrCreate();
        spark.udf()
                .register(
                        "bytes_of",
                        (UDF1<Long, byte[]>) count ->
                                ByteBuffer.allocate(Long.BYTES).putLong(count).array(),
                        DataTypes.BinaryType);

        Dataset<Row> campaigns = spark.read()
                .format("kafka")
                .option("kafka.bootstrap.servers", kafka)
                .option("subscribe", "campaigns")
                .option("startingOffsets", "earliest")
                .load()
                .select(avro(Campaign.getClassSchema()).as("campaign"))
                .select(
                        col("campaign.adId").as("ad"),
                        col("campaign.campaignId").as("campaign"))
                .cache();
        Dataset<Row> counts = spark.readStream()
                .format("kafka")
                .option("kafka.bootstrap.servers", kafka)
                .option("subscribe", "ad-events")
                .option("startingOffsets", "earliest")
                .load()
                .select(avro(AdEvent.getClassSchema()).as("event"))
                .where(col("event.eventType").equalTo("view"))
                .select(col("event.adId").as("ad"), col("event.at").as("at"))
                .withWatermark("at", "1 day")
                .join(functions.broadcast(campaigns), "ad")
                .groupBy(window(col("at"), "10 seconds"), col("campaign"))
                .count();
        StreamingQuery query = counts.select(
                        concat_ws("@", col("campaign"), unix_millis(col("window.start")))
                                .as("key"),
                        expr("bytes_of(count)").as("value"))
                .writeStream()
                .outputMode("update")
                .format("kafka")
                .option("kafka.bootstrap.servers", kafka)
                .option("topic", output)
                .option("checkpointLocation", directory.resolve("checkpoints").toString())
                .trigger(args[4].equals("live") ? Trigger.ProcessingTime(0) : Trigger.AvailableNow())
                .start();
        query.awaitTermination();
        spark.stop();
    }

    private static Column avro(Schema schema) {
        return from_avro(expr("substring(value, " + (BEFORE_AVRO + 1) + ")"), schema.toString());
    }
}
