import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Two members of one group (KIP-848), and a partition that is added: what their listeners are told, a line each.
 *
 * <p>Member A is slow to take its first partitions. Meanwhile a partition is added, which it is told to own, and B
 * joins, which is to own it instead. A says that it owns the first ones, and begins to take the one that was added.
 */
public class TwoOwners {
    private static final String TOPIC = "two-owners", GROUP = "two-owners";
    private static final CountDownLatch first = new CountDownLatch(1), joined = new CountDownLatch(1);
    private static final CountDownLatch ownedByB = new CountDownLatch(1), over = new CountDownLatch(1);

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> bootstrap = Map.of("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(bootstrap)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all().get();
            start("A", bootstrap);
            first.await();
            admin.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(3))).all().get();
            while (described(admin).members().iterator().next().assignment().topicPartitions().size() < 3) {
                Thread.sleep(20);
            }
            start("B", bootstrap);
            while (described(admin).members().size() < 2) {
                Thread.sleep(20);
            }
            joined.countDown();
            over.await(60, TimeUnit.SECONDS);
        }
        System.exit(0);
    }

    private static ConsumerGroupDescription described(Admin admin) throws Exception {
        return admin.describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP);
    }

    private static void start(String name, Map<String, Object> bootstrap) {
        Thread thread = new Thread(() -> consume(name, bootstrap));
        thread.setDaemon(true);
        thread.start();
    }

    private static void consume(String name, Map<String, Object> bootstrap) {
        Map<String, Object> settings = new java.util.HashMap<>(bootstrap);
        settings.putAll(Map.of("group.id", GROUP, "group.protocol", "consumer", "enable.auto.commit", "false"));
        StringDeserializer text = new StringDeserializer();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings, text, text)) {
            consumer.subscribe(List.of(TOPIC), new Telling(name));
            while (true) {
                consumer.poll(Duration.ofMillis(100));
            }
        }
    }

    private record Telling(String name) implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            if (name.equals("A") && !partitions.isEmpty()) {
                await(first.getCount() == 1 ? joined : ownedByB);
            }
            tell("takes", partitions);
            if (name.equals("B") && !partitions.isEmpty()) {
                ownedByB.countDown();
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            tell("gives up", partitions);
            over.countDown();
        }

        private void await(CountDownLatch latch) {
            first.countDown();
            try {
                latch.await(60, TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }

        private void tell(String what, Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                System.out.println(name + " " + what + " " + partition.partition());
            }
        }
    }
}
