// Starts DynamoDB Local on 127.0.0.1: its own command line has no option for the address and
// listens on every interface. Takes the same arguments as com.amazonaws...main.ServerRunner.
//
// The system properties below, in milliseconds, shorten the hours in which a stream rolls its shards over, trims them,
// and lets an iterator expire. They are static finals without a setting, and reflection refuses to write those.

import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.lang.reflect.Field;
import java.util.List;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import sun.misc.Unsafe;

public final class LoopbackServer {
    private static final String LOCAL = "com.amazonaws.services.dynamodbv2.local.shared.access.";
    private static final String TABLES = LOCAL + "AmazonDynamoDBLocal";
    private static final String STREAMS = LOCAL + "awssdkv1.client.LocalAmazonDynamoDBStreams";

    private LoopbackServer() {}

    private static void shorten(String owner, List<String> constants, String property) throws Exception {
        Long milliseconds = Long.getLong(property);
        if (milliseconds == null) {
            return;
        }
        Field unsafeField = Unsafe.class.getDeclaredField("theUnsafe");
        unsafeField.setAccessible(true);
        Unsafe unsafe = (Unsafe) unsafeField.get(null);
        for (String name : constants) {
            Field field = find(Class.forName(owner), name);
            unsafe.putLong(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), milliseconds);
        }
    }

    private static Field find(Class<?> owner, String name) throws Exception {
        for (Class<?> type = owner; type != null; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    Class.forName(type.getName()); // its initializer would write the constant again
                    return field;
                }
            }
        }
        throw new NoSuchFieldException(name);
    }

    public static void main(String[] arguments) throws Exception {
        shorten(TABLES, List.of("SHARD_ROLLOVER_TIME"), "stream.rollover");
        shorten(TABLES, List.of("RECORD_SURVIVAL_DURATION", "SHARD_SURVIVAL_DURATION"), "stream.survival");
        shorten(TABLES, List.of("SAFETY_SURVIVAL_PADDING"), "stream.padding");
        shorten(STREAMS, List.of("SHARDITERATOR_EXPIRATION_TIME"), "stream.iterator");
        DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(arguments);
        Field field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        Server server = (Server) field.get(proxy);
        for (Connector connector : server.getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        proxy.start();
        server.join();
    }
}
