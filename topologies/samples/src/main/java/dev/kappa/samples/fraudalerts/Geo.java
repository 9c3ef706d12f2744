package dev.kappa.samples.fraudalerts;

/** Distances on the sphere. */
final class Geo {

    /** Mean radius of the Earth (IUGG), in kilometres. */
    static final double EARTH_RADIUS_KM = 6371.0088;

    static final double LONGEST_DISTANCE_KM = Math.ceil(Math.PI * EARTH_RADIUS_KM);

    private Geo() {}

    /** Great-circle distance in kilometres between two places in degrees, by the haversine formula. */
    static double distanceKm(double latitude1, double longitude1, double latitude2, double longitude2) {
        double phi1 = Math.toRadians(latitude1);
        double phi2 = Math.toRadians(latitude2);
        double halfLatitude = Math.sin((phi2 - phi1) / 2);
        double halfLongitude = Math.sin(Math.toRadians(longitude2 - longitude1) / 2);
        double haversine =
                halfLatitude * halfLatitude + Math.cos(phi1) * Math.cos(phi2) * halfLongitude * halfLongitude;
        return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(haversine)));
    }
}
